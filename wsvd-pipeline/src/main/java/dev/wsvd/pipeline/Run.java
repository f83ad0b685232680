package dev.wsvd.pipeline;

import dev.wsvd.cost.Costs;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.layer.Siblings;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.PlanOrigin;
import dev.wsvd.domain.plan.Site;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import dev.wsvd.domain.spi.Schemes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** What everything in one run works with. */
final class Run<M> {
    private final CompressibleModel<M> model;
    private final List<Layer> layers;
    private final List<Place> places;
    private final Schemes schemes;
    private final Costs costs;
    private final Progress progress;
    private final Backend backend;
    private final Scoring<M> scoring;
    private final Calibrated<M> calibrated;
    private final FactorCache factors;
    private final boolean compensated;

    Run(Settings<M> settings, Schemes schemes, Costs costs) {
        this.model = settings.model;
        this.schemes = schemes;
        this.costs = costs;
        this.progress = new Progress(settings.listener);
        this.layers = progress.time(Stage.OPEN, model::layers);
        this.places = progress.time(Stage.OPEN, () -> places(layers, model));
        this.backend = new Backend(settings.backend, settings.backendId);
        this.scoring = new Scoring<>(settings.evaluator, settings.iterations, progress);
        this.calibrated = new Calibrated<>(settings, layers, backend, progress);
        this.factors = new FactorCache(model, schemes, backend::linearAlgebra, calibrated::moments);
        this.compensated = settings.correct || settings.fineTuner.isPresent();
    }

    CompressibleModel<M> model() {
        return model;
    }

    List<Layer> layers() {
        return layers;
    }

    /** The layers, each with the coupling and the siblings that are named after it. */
    List<Place> places() {
        return places;
    }

    private static List<Place> places(List<Layer> layers, CompressibleModel<?> model) {
        Map<LayerId, Coupling> couplings = new HashMap<>();
        model.couplings().forEach(coupling -> couplings.put(coupling.layer().id(), coupling));
        Map<LayerId, Siblings> siblings = new HashMap<>();
        model.siblings().forEach(some -> siblings.put(some.layer().id(), some));
        return layers.stream()
                .map(layer -> new Place(
                        layer,
                        Optional.ofNullable(couplings.get(layer.id())),
                        Optional.ofNullable(siblings.get(layer.id()))))
                .toList();
    }

    Schemes schemes() {
        return schemes;
    }

    Costs costs() {
        return costs;
    }

    Progress progress() {
        return progress;
    }

    Backend backend() {
        return backend;
    }

    Scoring<M> scoring() {
        return scoring;
    }

    Calibrated<M> calibrated() {
        return calibrated;
    }

    /** Whether layers will make up for what those before them miss: by correction, or as well by fine-tuning. */
    boolean isCompensated() {
        return compensated;
    }

    FactorCache factors() {
        return factors;
    }

    LayerReplacer<M> replacer() {
        return new LayerReplacer<>(model, places, schemes, factors, progress);
    }

    /** What this run's plans are made with. */
    PlanOrigin origin() {
        return new PlanOrigin(RunReport.version(), calibrated.identity(), compensated);
    }

    /** Decomposes layers for the largest of their options. */
    void decomposed(Map<Site, List<Option>> options) {
        Map<Site, List<Option>> some = new LinkedHashMap<>(options);
        some.values().removeIf(List::isEmpty);
        if (!some.isEmpty()) {
            calibrated.learn();
        }
        progress.started(Stage.DECOMPOSE, some.size());
        int[] done = {0};
        some.forEach((site, ofSite) -> {
            decompose(site.place(), ofSite);
            progress.advanced(Stage.DECOMPOSE, ++done[0], some.size(), site.id().name());
        });
        progress.finished(Stage.DECOMPOSE);
    }

    /** Decomposes a layer for the largest of some options, form by form; the moments are learnt before, as they count as another stage. */
    void decompose(Place place, List<Option> options) {
        Map<String, List<Choice>> byForm = new LinkedHashMap<>();
        options.forEach(option -> byForm.computeIfAbsent(option.choice().form(), form -> new ArrayList<>())
                .add(option.choice()));
        byForm.values()
                .forEach(choices -> progress.time(Stage.DECOMPOSE, () -> {
                    factors.factors(place, choices.stream().reduce(Run::larger).orElseThrow());
                    // Now, for the decomposition may soon be gone.
                    choices.forEach(choice -> factors.error(place, choice));
                    return null;
                }));
    }

    private static Choice larger(Choice a, Choice b) {
        return new Choice(
                a.form(),
                IntStream.range(0, a.sizes().size())
                        .mapToObj(i -> Math.max(a.sizes().get(i), b.sizes().get(i)))
                        .toList());
    }
}
