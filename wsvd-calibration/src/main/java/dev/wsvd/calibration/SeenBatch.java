package dev.wsvd.calibration;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.spi.Activations.Watch;
import dev.wsvd.domain.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** What watched layers see and give in one batch. */
final class SeenBatch {
    private final Watch watch;
    private final Map<String, Tensor> tensors;

    /** Runs the batch. */
    SeenBatch(Watch watch, long from, long to) {
        this.watch = watch;
        this.tensors = watch.run(from, to);
    }

    Tensor input(Layer layer) {
        return tensors.get(watch.input(layer.id()).orElseThrow());
    }

    Patches patches(Layer layer) {
        List<Long> given =
                watch.output(layer.id()).map(name -> tensors.get(name).shape()).orElse(List.of());
        return new Patches(layer, input(layer), given);
    }

    Outputs outputs(Layer layer) {
        return new Outputs(layer, tensors.get(watch.output(layer.id()).orElseThrow()));
    }
}
