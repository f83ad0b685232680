package dev.wsvd.pipeline;

import dev.wsvd.calibration.Divergence;
import dev.wsvd.calibration.Moments;
import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.MomentsStore;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a run knows of its model's real inputs: nothing without calibration inputs or kept moments, else what is asked for, measured
 * once.
 */
final class Calibrated<M> {
    private final Optional<Activations<M>> inputs;
    private final Optional<MomentsStore> store;
    private final CompressibleModel<M> model;
    private final List<Layer> layers;
    private final Backend backend;
    private final Progress progress;
    private Optional<MomentsStore.Kept> kept = Optional.empty();
    private Map<LayerId, LayerMoments> learnt;

    Calibrated(Settings<M> settings, List<Layer> layers, Backend backend, Progress progress) {
        this.inputs = settings.calibration;
        this.store = settings.moments;
        this.model = settings.model;
        this.layers = layers;
        this.backend = backend;
        this.progress = progress;
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
        return kept.map(MomentsStore.Kept::moments)
                .or(() -> inputs.map(this::learnt))
                .map(moments -> moments.get(layer));
    }

    private Map<LayerId, LayerMoments> learnt(Activations<M> from) {
        if (learnt == null) {
            progress.started(Stage.CALIBRATE, 1);
            learnt = progress.time(Stage.CALIBRATE, () -> learn(from));
            progress.finished(Stage.CALIBRATE);
        }
        return learnt;
    }

    private Map<LayerId, LayerMoments> learn(Activations<M> from) {
        Map<LayerId, LayerMoments> moments = Moments.of(from, model.model(), supported(), backend.linearAlgebra());
        store.ifPresent(it -> it.save(model.identity(), from.identity().orElseThrow(), moments));
        return moments;
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
        try (Correction<M> correction = new Correction<>(
                inputs.orElseThrow(),
                model,
                backend.linearAlgebra(),
                replacements,
                (layer, why) -> progress.notice("Layer '" + layer.id() + "' is left without correction: " + why))) {
            int all = correction.size();
            progress.started(Stage.CALIBRATE, all);
            for (int i = 0; i < all; i++) {
                int number = i;
                if (moments(correction.layer(i)).isPresent()) {
                    progress.time(Stage.CALIBRATE, () -> {
                        correction.fit(number);
                        return null;
                    });
                }
                progress.advanced(
                        Stage.CALIBRATE, i + 1, all, correction.layer(i).name());
            }
            progress.finished(Stage.CALIBRATE);
            return correction.replacements();
        }
    }

    /**
     * How far outputs are from the original's; the caller closes it. There must be inputs.
     *
     * @param samples how many inputs are looked at at most
     */
    Divergence<M> divergence(int samples) {
        return new Divergence<>(inputs.orElseThrow(), model.model(), samples);
    }

    /**
     * How far the outputs are from the original's with some layers replaced.
     *
     * @param first the first layer that is changed
     */
    double divergence(Divergence<M> divergence, List<Replacement> replacements, LayerId first) {
        try (CompressibleModel<M> candidate = model.with(replacements)) {
            return progress.time(Stage.CALIBRATE, () -> divergence.of(candidate.model(), first));
        }
    }
}
