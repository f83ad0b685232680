package dev.wsvd.pipeline;

import dev.wsvd.calibration.Divergence;
import dev.wsvd.calibration.LearntMoments;
import dev.wsvd.calibration.Moments;
import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.moments.LossCurve;
import dev.wsvd.domain.moments.WeighedChange;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.MomentsStore;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a run knows of its model's real inputs: nothing without calibration inputs or kept moments, else what is asked for, measured
 * once.
 */
final class Calibrated<M> implements AutoCloseable {
    private final Optional<Activations<M>> inputs;
    private final Optional<MomentsStore> store;
    private final CompressibleModel<M> model;
    private final List<Layer> layers;
    private final Backend backend;
    private final Progress progress;
    private final Workload workload;
    private final Outlook outlook;
    private Optional<MomentsStore.Kept> kept = Optional.empty();
    private Optional<LearntMoments> learnt = Optional.empty();
    private final Map<WeighedChange, LossCurve> losses = new HashMap<>();

    Calibrated(
            Settings<M> settings,
            List<Layer> layers,
            Backend backend,
            Progress progress,
            Workload workload,
            Outlook outlook) {
        this.inputs = settings.calibration;
        this.store = settings.moments;
        this.model = settings.model;
        this.layers = layers;
        this.backend = backend;
        this.progress = progress;
        this.workload = workload;
        this.outlook = outlook;
    }

    /** Whether moments are known, or can be learnt. */
    boolean hasMoments() {
        return inputs.isPresent() || store.isPresent();
    }

    /** Whether models can run on inputs. */
    boolean hasInputs() {
        return inputs.isPresent();
    }

    Optional<CalibrationIdentity> identity() {
        return inputs.map(it -> it.identity().orElse(CalibrationIdentity.UNKNOWN))
                .or(() -> kept.map(MomentsStore.Kept::inputs));
    }

    /** Refuses inputs, or what was kept of them, that do not fit the model before any work is done. */
    void requireFit() {
        inputs.ifPresent(it -> it.requireFit(model.model()));
        kept = store.filter(it -> inputs.isEmpty() || it.isFilled())
                .map(it -> progress.time(
                        Stage.CALIBRATE,
                        () -> it.load(model.identity(), inputs.flatMap(Activations::identity), supported())));
        if (kept.isEmpty() && inputs.isPresent()) {
            outlook.expectMoments();
        }
    }

    private List<Layer> supported() {
        return layers.stream().filter(Layer::supported).toList();
    }

    /** Learns what layers see, if that is to be had from inputs and not known yet. */
    void learn() {
        if (kept.isEmpty()) {
            inputs.ifPresent(this::learnt);
        }
    }

    /** What a layer sees, if that is known. */
    Optional<LayerMoments> moments(LayerId layer) {
        return moments().map(moments -> moments.get(layer));
    }

    private Optional<Map<LayerId, LayerMoments>> moments() {
        return kept.map(MomentsStore.Kept::moments).or(() -> inputs.map(this::learnt));
    }

    private Map<LayerId, LayerMoments> learnt(Activations<M> from) {
        if (learnt.isEmpty()) {
            progress.step(Stage.CALIBRATE, "all layers", workload.moments(), () -> learn(from));
        }
        return learnt.orElseThrow();
    }

    private LearntMoments learn(Activations<M> from) {
        double all = (double) from.samples() * supported().size();
        Activations<M> counted =
                new CountedActivations<>(from, (layers, samples) -> progress.advance(layers * samples / all));
        LearntMoments moments = Moments.of(counted, model.model(), supported(), backend.linearAlgebra());
        learnt = Optional.of(moments);
        store.ifPresent(it -> it.save(model.identity(), from.identity().orElseThrow(), moments, Map.of()));
        return moments;
    }

    /** Saves what was learnt, if there is something. */
    boolean save(MomentsStore to) {
        Optional<Map<LayerId, LayerMoments>> known = moments();
        known.ifPresent(all -> to.save(model.identity(), identity().orElseThrow(), all, losses));
        return known.isPresent();
    }

    /** What errors of a change do to the outputs, as far as that was weighed before, in this run or one whose moments are kept. */
    LossCurve kept(WeighedChange change) {
        LossCurve inFile = kept.map(it -> it.losses().get(change)).orElse(LossCurve.UNKNOWN);
        return losses.getOrDefault(change, inFile);
    }

    /** Keeps what was weighed, beside the moments if they are kept. */
    void keep(Map<WeighedChange, LossCurve> weighed) {
        losses.putAll(weighed);
        Map<WeighedChange, LossCurve> all =
                new LinkedHashMap<>(kept.map(MomentsStore.Kept::losses).orElse(Map.of()));
        all.putAll(weighed);
        if (store.isPresent() && !all.equals(kept.map(MomentsStore.Kept::losses).orElse(Map.of()))) {
            save(store.get(), all);
        }
    }

    /** That it cannot be kept must not cost the result: it would be measured again. */
    private void save(MomentsStore to, Map<WeighedChange, LossCurve> all) {
        CalibrationIdentity of = kept.map(MomentsStore.Kept::inputs)
                .or(() -> inputs.flatMap(Activations::identity))
                .orElseThrow();
        try {
            to.save(model.identity(), of, moments().orElseThrow(), all);
        } catch (WsvdException e) {
            progress.notice("What layers weigh is not kept: " + e.getMessage());
        }
    }

    /** Lets go of what was learnt. */
    @Override
    public void close() {
        learnt.ifPresent(LearntMoments::close);
    }

    /**
     * Replacements whose layers are fitted anew to what they gave in the original for what those before them give now.
     *
     * @param replacements in graph order
     */
    List<Replacement> corrected(List<Replacement> replacements) {
        if (!hasInputs()) {
            return replacements;
        }
        double runs = 2.0 * inputs.orElseThrow().samples();
        try (Correction<M> correction = new Correction<>(
                new CountedActivations<>(inputs.orElseThrow(), (layers, samples) -> progress.advance(samples / runs)),
                model,
                backend.linearAlgebra(),
                replacements,
                (layer, why) -> progress.notice("Layer '" + layer.id() + "' is left without correction: " + why))) {
            List<Layer> fitted = correction.layers();
            outlook.correcting(fitted);
            for (int i = 0; i < fitted.size(); i++) {
                int number = i;
                Layer layer = fitted.get(i);
                progress.step(Stage.CORRECT, layer.id().name(), workload.correction(layer), () -> {
                    if (moments().orElseThrow().containsKey(layer.id())) {
                        correction.fit(number);
                    }
                    return null;
                });
            }
            return correction.replacements();
        }
    }

    /**
     * How far outputs are from the original's; the caller closes it. There must be inputs.
     *
     * @param samples how many inputs are looked at at most
     */
    Divergence<M> divergence(int samples) {
        // Up to the layer, and from it on with one or two replacements.
        double runs = 2.0 * Math.min(samples, inputs.orElseThrow().samples());
        return new Divergence<>(
                new CountedActivations<>(inputs.orElseThrow(), (layers, ran) -> progress.advance(ran / runs)),
                model.model(),
                samples);
    }

    /**
     * How far the outputs are from the original's with some layers replaced.
     *
     * @param first the first layer that is changed
     */
    double divergence(Divergence<M> divergence, List<Replacement> replacements, LayerId first) {
        try (CompressibleModel<M> candidate = model.with(replacements)) {
            return divergence.of(candidate.model(), first);
        }
    }
}
