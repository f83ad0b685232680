package dev.wsvd.pipeline;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.factor.LayerMoments;
import dev.wsvd.domain.spi.Calibration;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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

    /** What a layer sees, if that is known. */
    Optional<LayerMoments> moments(LayerId layer) {
        if (calibration.isEmpty()) {
            return Optional.empty();
        }
        if (moments == null) {
            progress.started(Stage.CALIBRATE, 1);
            List<Layer> splittable = layers.stream().filter(Layer::splittable).toList();
            moments = stopwatch.time(
                    Stage.CALIBRATE,
                    () -> calibration.get().moments(model.model(), splittable, backend.linearAlgebra()));
            progress.finished(Stage.CALIBRATE);
        }
        return Optional.ofNullable(moments.get(layer));
    }

    /** How far the outputs are from the original's with some layers split. */
    double divergence(List<FactorizedLayer> splits) {
        try (CompressibleModel<M> candidate = model.with(splits)) {
            return stopwatch.time(
                    Stage.CALIBRATE, () -> calibration.orElseThrow().divergence(model.model(), candidate.model()));
        }
    }
}
