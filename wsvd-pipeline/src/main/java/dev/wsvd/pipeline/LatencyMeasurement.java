package dev.wsvd.pipeline;

import dev.wsvd.cost.LatencyCost;
import dev.wsvd.domain.cost.LatencyTable;
import dev.wsvd.domain.cost.LatencyTable.Point;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.layer.SizedOp;
import dev.wsvd.domain.plan.Blueprint;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Unfitted;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import dev.wsvd.domain.spi.Stopwatch;
import dev.wsvd.domain.spi.TimingConditions;
import dev.wsvd.selection.MonotonicFit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * Times the layers of a model, and what may stand in their places, where they stand: in whole networks in which everything that can be has
 * been replaced at once, by one form each, so that what the engine fuses and how it lays tensors out is as it will be. A few sizes of
 * each form are timed; every network in turn with the original.
 */
final class LatencyMeasurement<M> {
    private static final double WIDTH = 0.01;
    private static final long LONGEST_NS = 400_000_000;
    private static final long TOO_SLOW_NS = 2_000_000_000L;
    /** Work of timing a network, in about ns. */
    static final double TIMING = 1.2e9;

    private final CompressibleModel<M> model;
    private final TimedNetworks networks;
    private final UnaryOperator<CompressibleModel<M>> finish;
    private final TimingConditions conditions;
    private final boolean corrected;
    private final Progress progress;
    /** Points by layer and what stands there, by MACs. */
    private final Map<LayerId, Map<String, TreeMap<Long, List<Double>>>> points = new LinkedHashMap<>();
    /** Times of the original, beside each network. */
    private final List<Double> originals = new ArrayList<>();

    /**
     * @param networks what is timed beside the model
     * @param finish what is made of a network at last, before it is timed
     * @param corrected whether fitted layers will have their biases corrected
     */
    LatencyMeasurement(
            CompressibleModel<M> model,
            TimedNetworks networks,
            UnaryOperator<CompressibleModel<M>> finish,
            TimingConditions conditions,
            boolean corrected,
            Progress progress) {
        this.corrected = corrected;
        this.model = model;
        this.networks = networks;
        this.finish = finish;
        this.conditions = conditions;
        this.progress = progress;
    }

    /** Whether times are of this model, engine and machine, under these conditions. */
    boolean isStillValid(LatencyTable kept) {
        try (Stopwatch watch = open(model)) {
            return kept.conditions().equals(conditions(watch));
        }
    }

    /** Whether times tell of everything that would be timed. */
    boolean isCovered(LatencyTable kept) {
        return networks.all().stream()
                .flatMap(network -> network.entrySet().stream())
                .allMatch(change -> isCovered(kept, change.getKey(), change.getValue()));
    }

    private boolean isCovered(LatencyTable kept, Place place, Choice choice) {
        Blueprint blueprint = networks.blueprint(place, choice);
        return TimedNetworks.changed(place, blueprint).stream()
                .filter(layer -> kept.layers().containsKey(layer.id()))
                .allMatch(layer -> kept.layers()
                        .get(layer.id())
                        .curves()
                        .containsKey(LatencyCost.pattern(networks.ops(layer, blueprint))));
    }

    private LatencyTable.Conditions conditions(Stopwatch watch) {
        return new LatencyTable.Conditions(
                watch.engine(),
                Machine.description(),
                conditions.threads(),
                conditions.batch(),
                watch.inputs(),
                model.identity().sha256());
    }

    /** @throws InvalidInputException if the model cannot be timed */
    LatencyTable measured() {
        List<Map<Place, Choice>> all = networks.all();
        progress.expect(Stage.TIME, all.size() * TIMING);
        try (Stopwatch original = open(model)) {
            if (original.run() > TOO_SLOW_NS) {
                throw new InvalidInputException("A run of the model takes longer than " + TOO_SLOW_NS / 1_000_000_000L
                        + " s, too long to time its layers.");
            }
            double whole = PairedRatio.of(original::run, original::run, WIDTH, LONGEST_NS)
                    .firstNs();
            LayerProfile dense = LayerProfile.of(original, whole);
            if (dense.layers().isEmpty()) {
                throw cannotBeTimed();
            }
            for (Map<Place, Choice> network : all) {
                progress.step(Stage.TIME, "what layers may become", TIMING, () -> {
                    time(original, whole, network);
                    return null;
                });
            }
            // Machines need a while until they are as fast as they stay.
            return table(conditions(original), dense, originals.isEmpty() ? 1 : PairedRatio.median(originals) / whole);
        }
    }

    private Stopwatch open(CompressibleModel<M> of) {
        return of.stopwatch(conditions).orElseThrow(LatencyMeasurement::cannotBeTimed);
    }

    private static InvalidInputException cannotBeTimed() {
        return new InvalidInputException(
                "This model cannot be timed layer by layer: its format has no engine that tells, no input of"
                        + " it can be made up, or it does not fit into memory. Maybe limit MACs instead (--metric mac).");
    }

    private void time(Stopwatch original, double whole, Map<Place, Choice> network) {
        List<Replacement> replacements = new ArrayList<>();
        network.forEach((place, choice) -> {
            if (!Int8.isInt8(choice)) {
                replacements.add(Unfitted.of(place, choice, networks.blueprint(place, choice), corrected));
            }
        });
        try (CompressibleModel<M> candidate = finish.apply(model.with(replacements));
                Stopwatch watch = open(candidate)) {
            PairedRatio beside = PairedRatio.of(original::run, watch::run, WIDTH, LONGEST_NS);
            originals.add(beside.firstNs());
            double ns = whole * beside.ratio();
            LayerProfile stages = LayerProfile.of(watch, ns);
            networks.layers(network).forEach((layer, ops) -> add(layer, ops, candidate, stages));
        }
    }

    private void add(Layer layer, List<SizedOp> ops, CompressibleModel<M> candidate, LayerProfile stages) {
        // What the engine does not tell apart leaves an empty curve, so that it is not asked for again.
        TreeMap<Long, List<Double>> curve = points.computeIfAbsent(layer.id(), id -> new LinkedHashMap<>())
                .computeIfAbsent(LatencyCost.pattern(ops), pattern -> new TreeMap<>());
        stages.of(candidate.stagesOf(layer.id()))
                .filter(time -> time.ns() > 0)
                .ifPresent(time -> curve.computeIfAbsent(networks.macs(layer, ops), macs -> new ArrayList<>())
                        .add(time.ns()));
    }

    /** @param factor by what all times have to be multiplied */
    private LatencyTable table(LatencyTable.Conditions valid, LayerProfile dense, double factor) {
        Map<LayerId, LatencyTable.Entry> entries = new LinkedHashMap<>();
        for (Layer layer : model.layers()) {
            LayerProfile.Time own = dense.layers().get(layer.id());
            if (own != null) {
                double ns = own.ns();
                Map<String, List<Point>> curves = new LinkedHashMap<>();
                points.getOrDefault(layer.id(), Map.of())
                        .forEach((pattern, times) ->
                                curves.put(pattern, rising(withDense(layer, pattern, times, ns), factor)));
                entries.put(layer.id(), new LatencyTable.Entry(Math.round(ns * factor), curves));
            }
        }
        return new LatencyTable(valid, entries);
    }

    /** Fewer channels of a layer are on one curve with the layer itself. */
    private TreeMap<Long, List<Double>> withDense(
            Layer layer, String pattern, TreeMap<Long, List<Double>> times, double ns) {
        List<SizedOp> own = List.of(layer.sized());
        if (LatencyCost.pattern(own).equals(pattern)) {
            times.computeIfAbsent(networks.macs(layer, own), macs -> new ArrayList<>())
                    .add(ns);
        }
        return times;
    }

    /** Points of one pattern; what noise makes fall with the MACs is averaged. */
    private static List<Point> rising(TreeMap<Long, List<Double>> times, double factor) {
        double[] means = times.values().stream()
                .mapToDouble(
                        of -> of.stream().mapToDouble(time -> time).average().orElseThrow())
                .toArray();
        double[] fitted = MonotonicFit.of(means);
        List<Point> points = new ArrayList<>();
        int i = 0;
        for (long macs : times.keySet()) {
            points.add(new Point(macs, Math.round(factor * fitted[i++])));
        }
        return points;
    }
}
