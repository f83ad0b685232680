package dev.wsvd.quantization;

import dev.wsvd.calibration.Divergence;
import dev.wsvd.calibration.OutputErrors;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.quantization.Encoding;
import dev.wsvd.domain.quantization.Quantization;
import dev.wsvd.domain.quantization.Quantization.Mode;
import dev.wsvd.domain.quantization.QuantizedLayer;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.domain.spi.Quantizable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** One model on its way to int8: ranges, rounded layers, corrected biases, and layers that go back to float. */
final class QuantizationRun<M> {
    /** MACs that weighing all layers may take, about. */
    private static final double WEIGHING_MACS = 2e11;

    private static final int FEWEST_SAMPLES = 12;
    /** The share of a run that is done when layers are weighed. */
    private static final double WEIGHED = 0.8;

    private final QuantizationSettings<M> settings;
    private final Mode mode;
    private final Map<LayerId, String> kept = new LinkedHashMap<>();
    private final Quantizable<M> model;
    private final List<Layer> layers;
    private final boolean narrow;
    private final Map<LayerId, QuantizedLayer> rounded = new HashMap<>();
    private final Map<String, Encoding> encodings = new HashMap<>();
    private boolean corrected;
    private double reached;

    QuantizationRun(QuantizationSettings<M> settings, Quantizable<M> given, Mode mode) {
        this.settings = settings;
        this.mode = mode;
        kept.putAll(given.refused(mode));
        List<Layer> possible = new ArrayList<>();
        for (Layer layer : given.layers(mode)) {
            if (settings.ignored.test(layer)) {
                kept.put(layer.id(), "ignored");
            } else {
                possible.add(layer);
            }
        }
        this.layers = possible;
        this.narrow = settings.sevenBits.orElseGet(given::overflows);
        this.model = settings.equalize && settings.calibration.isPresent() ? equalized(given) : given;
    }

    private Quantizable<M> equalized(Quantizable<M> given) {
        List<LayerId> ids = layers.stream().map(Layer::id).toList();
        List<Quantizable.Chain> chains = given.chains().stream()
                .filter(chain -> ids.contains(chain.first()) && ids.contains(chain.second()))
                .toList();
        if (chains.isEmpty()) {
            return given;
        }
        doing(ProgressEvent.Stage.CALIBRATE, "equalization", 0.05);
        return Equalization.of(given, settings.calibration.orElseThrow(), chains);
    }

    QuantizationResult<M> result() {
        Optional<Evaluation> baseline = settings.evaluator.map(of -> {
            doing(ProgressEvent.Stage.EVALUATE, "the original", 0.1);
            return of.evaluate(settings.original.model(), Evaluator.ALL);
        });
        doing(
                mode == Mode.STATIC ? ProgressEvent.Stage.CALIBRATE : ProgressEvent.Stage.REPLACE,
                mode == Mode.STATIC ? "ranges" : "layers",
                0.2);
        Quantization all = quantization(layers);
        CompressibleModel<M> made = model.with(all);
        Optional<Evaluation> evaluation = evaluated(made);
        if (settings.maxDrop.isPresent() && drop(baseline, evaluation) > settings.maxDrop.getAsDouble()) {
            made.close();
            return withFloat(baseline, drop(baseline, evaluation));
        }
        return finished(
                new QuantizationResult<>(made, all, Map.copyOf(kept), corrected, baseline, evaluation, Map.of()));
    }

    private QuantizationResult<M> finished(QuantizationResult<M> result) {
        Map<LayerId, Double> errors = outputErrors(result);
        settings.listener.onEvent(
                new ProgressEvent.Advanced(1, Optional.of(Duration.ZERO), ProgressEvent.Stage.REPLACE, ""));
        return result.withErrors(errors);
    }

    /** A figure for the report: that it cannot be had must not cost the result. */
    private Map<LayerId, Double> outputErrors(QuantizationResult<M> result) {
        if (settings.reportedOn.isEmpty()) {
            return Map.of();
        }
        doing(ProgressEvent.Stage.MEASURE, "layers", 0.9);
        try {
            return OutputErrors.ofCommon(
                    settings.reportedOn.get(),
                    model.model(),
                    result.model(),
                    result.quantization().byId().keySet());
        } catch (WsvdException e) {
            settings.listener.onEvent(new ProgressEvent.Notice(
                    "The relative output errors of layers are not measured: " + e.getMessage()));
            return Map.of();
        }
    }

    private Optional<Evaluation> evaluated(CompressibleModel<M> made) {
        return settings.evaluator.map(of -> {
            doing(ProgressEvent.Stage.EVALUATE, "int8", 0.6);
            try {
                return of.evaluate(made.model(), Evaluator.ALL);
            } catch (RuntimeException | Error e) {
                made.close();
                throw e;
            }
        });
    }

    private double drop(Optional<Evaluation> baseline, Optional<Evaluation> evaluation) {
        return baseline.orElseThrow().score() - evaluation.orElseThrow().score();
    }

    private Quantization quantization(List<Layer> some) {
        List<QuantizedLayer> quantized = some.stream().map(this::rounded).toList();
        if (mode == Mode.DYNAMIC) {
            return new Quantization(mode, quantized, Map.of());
        }
        Set<String> tensors = model.activations(some.stream().map(Layer::id).toList());
        Quantization plain = new Quantization(mode, quantized, encodings(tensors));
        return settings.correctBias ? better(plain) : plain;
    }

    private QuantizedLayer rounded(Layer layer) {
        return rounded.computeIfAbsent(
                layer.id(),
                id -> new QuantizedLayer(
                        id, WeightRounding.of(id, model.model().weights(id), narrow), Optional.empty()));
    }

    private Map<String, Encoding> encodings(Set<String> tensors) {
        Set<String> missing = new TreeSet<>(tensors);
        missing.removeAll(encodings.keySet());
        encodings.putAll(
                new ActivationRanges<>(model, settings.calibration.orElseThrow()).encodings(missing, settings.ranges));
        Map<String, Encoding> used = new HashMap<>(encodings);
        used.keySet().retainAll(tensors);
        return used;
    }

    /** With corrected biases, if that brings the outputs nearer to the original's. */
    private Quantization better(Quantization plain) {
        Activations<M> inputs = settings.calibration.orElseThrow();
        Quantization other = new BiasCorrection<>(model, inputs)
                .corrected(plain, part -> doing(ProgressEvent.Stage.CORRECT, "biases", 0.3 + 0.3 * part));
        try (Divergence<M> divergence = new Divergence<>(inputs, settings.original.model());
                CompressibleModel<M> before = model.with(plain);
                CompressibleModel<M> after = model.with(other)) {
            corrected = divergence.of(after.model()) < divergence.of(before.model());
            return corrected ? other : plain;
        }
    }

    /** The fewest layers in float, of those in the order in which rounding one alone changes the outputs, that keep the score. */
    private QuantizationResult<M> withFloat(Optional<Evaluation> baseline, double ofAll) {
        List<Layer> worstFirst = bySensitivity();
        int few = 1;
        int many = worstFirst.size() - 1;
        Optional<QuantizationResult<M>> best = Optional.empty();
        double least = ofAll;
        while (few <= many) {
            int count = (few + many) / 2;
            List<Layer> inFloat = worstFirst.subList(0, count);
            Quantization some = quantization(
                    layers.stream().filter(layer -> !inFloat.contains(layer)).toList());
            CompressibleModel<M> made = model.with(some);
            Optional<Evaluation> evaluation = evaluated(made);
            double drop = drop(baseline, evaluation);
            least = Math.min(least, drop);
            if (drop <= settings.maxDrop.getAsDouble()) {
                best.ifPresent(QuantizationResult::close);
                Map<LayerId, String> floats = new LinkedHashMap<>(kept);
                inFloat.forEach(layer -> floats.put(layer.id(), "rounding it costs too much"));
                best = Optional.of(
                        new QuantizationResult<>(made, some, floats, corrected, baseline, evaluation, Map.of()));
                many = count - 1;
            } else {
                made.close();
                few = count + 1;
            }
        }
        double closest = least;
        return finished(best.orElseThrow(() -> new UnreachableTargetException(String.format(
                Locale.ROOT,
                "The score falls by %.4f at least with any layer in int8, and %.4f is allowed.",
                closest,
                settings.maxDrop.getAsDouble()))));
    }

    private List<Layer> bySensitivity() {
        Map<LayerId, Double> losses = losses();
        return layers.stream()
                .sorted(Comparator.comparing((Layer layer) -> losses.get(layer.id()))
                        .reversed())
                .toList();
    }

    /** The divergence of the outputs with one layer alone in int8, in graph order. */
    Map<LayerId, Double> losses() {
        Map<LayerId, Double> losses = new LinkedHashMap<>();
        Activations<M> inputs = settings.calibration.orElseThrow();
        if (mode == Mode.STATIC) {
            encodings(model.activations(layers.stream().map(Layer::id).toList()));
        }
        try (Divergence<M> divergence = new Divergence<>(inputs, settings.original.model(), weighedOn())) {
            double before = reached;
            for (Layer layer : layers) {
                doing(
                        ProgressEvent.Stage.WEIGH,
                        layer.id().name(),
                        before + (WEIGHED - before) * losses.size() / layers.size());
                try (CompressibleModel<M> one = model.with(alone(layer))) {
                    losses.put(layer.id(), Math.max(0, divergence.of(one.model())));
                }
            }
        }
        return losses;
    }

    /** So few inputs that weighing all layers, each by a run of the network, stays affordable. */
    private int weighedOn() {
        double macs = layers.size()
                * model.model().layers().stream()
                        .mapToDouble(layer -> layer.sized().macs())
                        .sum();
        return (int) Math.max(FEWEST_SAMPLES, Math.min(Divergence.SAMPLES, WEIGHING_MACS / Math.max(1, macs)));
    }

    private Quantization alone(Layer layer) {
        Map<String, Encoding> used =
                mode == Mode.DYNAMIC ? Map.of() : encodings(model.activations(List.of(layer.id())));
        return new Quantization(mode, List.of(rounded(layer)), used);
    }

    private void doing(ProgressEvent.Stage stage, String what, double share) {
        reached = Math.max(reached, share);
        settings.listener.onEvent(new ProgressEvent.Advanced(reached, Optional.empty(), stage, what));
    }
}
