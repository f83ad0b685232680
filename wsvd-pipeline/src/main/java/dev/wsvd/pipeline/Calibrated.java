package dev.wsvd.pipeline;

import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.error.LinearAlgebraException;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.factor.LayerMoments;
import dev.wsvd.domain.factor.SequentialCorrection;
import dev.wsvd.domain.spi.Calibration;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** What a run knows of its model's real inputs: nothing without calibration data, else what is asked for, measured once. */
final class Calibrated<M> {
    private final Optional<Calibration<M>> calibration;
    private final CompressibleModel<M> model;
    private final List<Layer> layers;
    private final Backend backend;
    private final Stopwatch stopwatch;
    private final Progress progress;
    private Map<LayerId, LayerMoments> moments;

    Calibrated(
            Optional<Calibration<M>> calibration,
            CompressibleModel<M> model,
            List<Layer> layers,
            Backend backend,
            Stopwatch stopwatch,
            Progress progress) {
        this.calibration = calibration;
        this.model = model;
        this.layers = layers;
        this.backend = backend;
        this.stopwatch = stopwatch;
        this.progress = progress;
    }

    boolean possible() {
        return calibration.isPresent();
    }

    Optional<CalibrationIdentity> identity() {
        return calibration.map(inputs -> inputs.identity().orElse(CalibrationIdentity.UNKNOWN));
    }

    /** Refuses inputs that do not fit the model before any work is done. */
    void requireFit() {
        calibration.ifPresent(inputs -> inputs.requireFit(model.model(), splittable()));
    }

    private List<Layer> splittable() {
        return layers.stream().filter(Layer::splittable).toList();
    }

    /** What a layer sees, if that is known. */
    Optional<LayerMoments> moments(LayerId layer) {
        if (calibration.isEmpty()) {
            return Optional.empty();
        }
        if (moments == null) {
            progress.started(Stage.CALIBRATE, 1);
            moments = stopwatch.time(
                    Stage.CALIBRATE,
                    () -> calibration.get().moments(model.model(), splittable(), backend.linearAlgebra()));
            progress.finished(Stage.CALIBRATE);
        }
        return Optional.ofNullable(moments.get(layer));
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
            return calibration
                    .orElseThrow()
                    .joint(model.model(), soFar.model(), split, backend.linearAlgebra())
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
                    Stage.CALIBRATE, () -> calibration.orElseThrow().divergence(model.model(), candidate.model()));
        }
    }
}
