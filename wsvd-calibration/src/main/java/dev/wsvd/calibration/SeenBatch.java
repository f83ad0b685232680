package dev.wsvd.calibration;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.spi.Activations.Watch;
import dev.wsvd.domain.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What watched layers see and give in one batch. */
final class SeenBatch {
    private final Watch watch;
    private final Map<String, Tensor> tensors;
    private final CountedTokens counted;

    /** Runs the batch. */
    SeenBatch(Watch watch, long from, long to) {
        this.watch = watch;
        this.tensors = watch.run(from, to);
        this.counted = new CountedTokens(watch.mask(from, to));
    }

    Tensor input(Layer layer) {
        return counted.input(layer, tensors.get(inputName(layer)));
    }

    /** Name of the tensor that a layer sees. */
    String inputName(Layer layer) {
        return watch.input(layer.id()).orElseThrow();
    }

    /** The shape of what a layer gives; no dims if that is not known. */
    List<Long> given(Layer layer) {
        return watch.output(layer.id()).map(name -> tensors.get(name).shape()).orElse(List.of());
    }

    Patches patches(Layer layer) {
        return patches(layer, given(layer));
    }

    /** @param given the shape of what the layer gives, but for its channels */
    Patches patches(Layer layer, List<Long> given) {
        return new Patches(layer, input(layer), given);
    }

    /** What stands in a layer's place gives, by the tensor's name. */
    Tensor output(Layer layer, String name) {
        return counted.output(layer, tensors.get(name));
    }

    /** What a residual sum adds to what the layer gives, if that is known. */
    Optional<Outputs> addend(Layer layer) {
        return watch.addend(layer.id()).map(name -> new Outputs(layer, output(layer, name)));
    }

    Outputs outputs(Layer layer) {
        return new Outputs(layer, output(layer, watch.output(layer.id()).orElseThrow()));
    }
}
