package dev.wsvd.pipeline;

import dev.wsvd.calibration.Divergence;
import dev.wsvd.calibration.JointStatistics;
import dev.wsvd.calibration.Moments;
import dev.wsvd.calibration.Projection;
import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.error.LinearAlgebraException;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.factor.LayerMoments;
import dev.wsvd.domain.factor.SequentialCorrection;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.MomentsStore;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

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
    private final Stopwatch stopwatch;
    private final Progress progress;
    private final Optional<Divergence<M>> divergence;
    private Optional<MomentsStore.Kept> kept = Optional.empty();
    private Map<LayerId, LayerMoments> learnt;

    Calibrated(
            LearntFrom<M> from,
            CompressibleModel<M> model,
            List<Layer> layers,
            Backend backend,
            Stopwatch stopwatch,
            Progress progress) {
        this.inputs = from.inputs();
        this.store = from.moments();
        this.model = model;
        this.layers = layers;
        this.backend = backend;
        this.stopwatch = stopwatch;
        this.progress = progress;
        this.divergence = inputs.map(it -> new Divergence<>(it, model.model()));
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
                .map(it -> stopwatch.time(
                        Stage.CALIBRATE,
                        () -> it.load(model.identity(), inputs.flatMap(Activations::identity), splittable())));
    }

    private List<Layer> splittable() {
        return layers.stream().filter(Layer::splittable).toList();
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
            learnt = stopwatch.time(Stage.CALIBRATE, () -> learn(from));
            progress.finished(Stage.CALIBRATE);
        }
        return learnt;
    }

    private Map<LayerId, LayerMoments> learn(Activations<M> from) {
        Map<LayerId, LayerMoments> moments = Moments.of(from, model.model(), splittable(), backend.linearAlgebra());
        store.ifPresent(it -> it.save(model.identity(), from.identity().orElseThrow(), moments));
        return moments;
    }

    /**
     * Split layers, in graph order, each fitted anew to what it gave in the original for what those before it give now.
     *
     * @param splits in graph order
     */
    List<FactorizedLayer> corrected(List<FactorizedLayer> splits) {
        SequentialCorrection correction = new SequentialCorrection(backend.linearAlgebra());
        List<FactorizedLayer> corrected = new ArrayList<>();
        progress.started(Stage.CALIBRATE, splits.size());
        for (FactorizedLayer split : splits) {
            corrected.add(
                    moments(split.layer().id()).isEmpty()
                            ? split
                            : stopwatch.time(Stage.CALIBRATE, () -> corrected(correction, corrected, split)));
            progress.advanced(
                    Stage.CALIBRATE,
                    corrected.size(),
                    splits.size(),
                    split.layer().id().name(),
                    OptionalDouble.empty());
        }
        progress.finished(Stage.CALIBRATE);
        return corrected;
    }

    private FactorizedLayer corrected(
            SequentialCorrection correction, List<FactorizedLayer> before, FactorizedLayer split) {
        CompressibleModel<M> soFar = model.with(before);
        try {
            return JointStatistics.of(
                            inputs.orElseThrow(),
                            model.model(),
                            soFar.model(),
                            split.layer(),
                            Projection.of(split),
                            backend.linearAlgebra())
                    .map(joint -> correction.correct(
                            split, model.weight(split.layer().id()), joint.learnt(), joint.heldOut()))
                    .orElse(split);
        } catch (LinearAlgebraException e) {
            progress.notice("Layer '" + split.layer().id() + "' is left without correction: " + e.getMessage());
            return split;
        } finally {
            if (soFar != model) {
                soFar.close();
            }
        }
    }

    /** How far the outputs are from the original's with some layers split. */
    double divergence(List<FactorizedLayer> splits) {
        try (CompressibleModel<M> candidate = model.with(splits)) {
            return stopwatch.time(
                    Stage.CALIBRATE, () -> divergence.orElseThrow().of(candidate.model()));
        }
    }
}
