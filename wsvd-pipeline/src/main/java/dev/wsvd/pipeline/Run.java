package dev.wsvd.pipeline;

import dev.wsvd.cost.Costs;
import dev.wsvd.cost.LatencyCost;
import dev.wsvd.domain.cost.LatencyTable;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.layer.Siblings;
import dev.wsvd.domain.linalg.Spectrum;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.PlanOrigin;
import dev.wsvd.domain.plan.Site;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import dev.wsvd.domain.spi.Schemes;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What everything in one run works with. */
final class Run<M> {
    private final CompressibleModel<M> model;
    private final List<Layer> layers;
    private final List<Place> places;
    private final Schemes schemes;
    private Costs costs;
    /** As layers were timed. */
    private Optional<LatencyCost> layersTimed = Optional.empty();
    /** The same scaled by what networks were measured to save. */
    private Optional<LatencyCost> latency = Optional.empty();

    private final Progress progress;
    private final Workload workload;
    private final Backend backend;
    private final Outlook outlook;
    private final Scoring<M> scoring;
    private final Calibrated<M> calibrated;
    private final FactorCache factors;
    private final Factorization<M> factorization;
    private final boolean compensated;
    private final boolean bits;

    /** @param bits whether it is chosen too which layers are in int8 */
    Run(Settings<M> settings, Schemes schemes, Costs costs, boolean bits) {
        this.bits = bits;
        this.model = settings.model;
        this.schemes = schemes;
        this.costs = costs;
        this.progress = new Progress(settings.listener);
        progress.doing(Stage.OPEN, "the model");
        this.layers = progress.time(Stage.OPEN, model::layers);
        this.places = progress.time(Stage.OPEN, () -> places(layers, model));
        this.backend = new Backend(settings.backend, settings.backendId);
        this.workload = new Workload(settings, layers);
        this.outlook = new Outlook(settings, workload, progress);
        this.scoring = new Scoring<>(settings.evaluator, settings.iterations, progress, workload);
        this.calibrated = new Calibrated<>(settings, layers, backend, progress, workload, outlook);
        this.factors = new FactorCache(model, schemes, backend::linearAlgebra, calibrated::moments);
        this.factorization = new Factorization<>(settings, places, factors, calibrated, progress, workload, backend);
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

    /** @throws InvalidInputException if there is no such layer */
    Place place(LayerId layer) {
        return places.stream()
                .filter(place -> place.id().equals(layer))
                .findFirst()
                .orElseThrow(() -> new InvalidInputException("The model has no layer '" + layer + "'."));
    }

    Schemes schemes() {
        return schemes;
    }

    Costs costs() {
        return costs;
    }

    /** Costs in time too, as measured now or kept from an earlier run. */
    void measureLatency(LatencyTable times) {
        layersTimed = Optional.of(new LatencyCost(times, model::channelBlock));
        useLatency(layersTimed.get());
    }

    /** The share of the original's time that a plan takes, predicted by the times of layers alone. */
    double ratioByLayers(Plan plan) {
        return costs.with(layersTimed.orElseThrow()).of(places, plan).ratioTo(costs.of(layers), Metric.LATENCY);
    }

    /** What is predicted to be saved in time is saved by that factor only. */
    void scaleLatency(double factor) {
        useLatency(latency.orElseThrow().scaled(factor));
    }

    private void useLatency(LatencyCost times) {
        latency = Optional.of(times);
        costs = costs.with(times);
    }

    Progress progress() {
        return progress;
    }

    Workload workload() {
        return workload;
    }

    Outlook outlook() {
        return outlook;
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

    Factorization<M> factorization() {
        return factorization;
    }

    LayerReplacer<M> replacer() {
        return new LayerReplacer<>(model, places, schemes, factorization, factors, progress, workload);
    }

    /** What this run's plans are made with. */
    PlanOrigin origin() {
        return new PlanOrigin(RunReport.version(), calibrated.identity(), compensated, bits);
    }

    /** Decomposes layers for the largest of their options. */
    void decomposed(Map<Site, List<Option>> options) {
        Map<Site, List<Option>> some = new LinkedHashMap<>(options);
        some.values().removeIf(List::isEmpty);
        if (!some.isEmpty()) {
            calibrated.learn();
        }
        progress.expect(
                Stage.DECOMPOSE,
                some.keySet().stream()
                        .mapToDouble(site -> decomposition(site.layer(), some.get(site)))
                        .sum());
        Map<LayerId, List<Choice>> choices = new LinkedHashMap<>();
        some.forEach((site, ofSite) ->
                choices.put(site.id(), ofSite.stream().map(Option::choice).toList()));
        factorization.learnErrors(choices);
    }

    /**
     * The singular values of layers' weights.
     *
     * @param largest by site, the choice of full rank
     */
    Map<Site, List<Spectrum>> spectra(Map<Site, Choice> largest) {
        FactorCache ofWeights = calibrated.hasMoments() ? factors.ofWeights() : factors;
        progress.expect(
                Stage.DECOMPOSE,
                largest.keySet().stream()
                        .mapToDouble(site -> workload.decomposition(site.layer()))
                        .sum());
        Map<Site, List<Spectrum>> spectra = new LinkedHashMap<>();
        largest.forEach((site, choice) -> spectra.put(
                site,
                progress.step(
                        Stage.DECOMPOSE,
                        site.id().name(),
                        workload.decomposition(site.layer()),
                        () -> ofWeights.factors(site.place(), choice).spectra())));
        return spectra;
    }

    /** The work of decomposing a layer for options, form by form. */
    double decomposition(Layer layer, List<Option> options) {
        return workload.decomposition(layer)
                * options.stream()
                        .map(option -> option.choice().form())
                        .distinct()
                        .count();
    }

    /** Decomposes a layer for the largest of some options, form by form; the moments are learnt before, as they count as another stage. */
    void decompose(Place place, List<Option> options) {
        factorization.learnErrors(
                Map.of(place.id(), options.stream().map(Option::choice).toList()));
    }
}
