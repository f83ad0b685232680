package dev.wsvd.adapter.onnx;

import dev.wsvd.adapter.onnx.internal.graph.ConstantTensor;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.WeightShape;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.factor.FactorizedLayer;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** Whether factors fit the layer they are for. */
final class SplitCheck {
    private SplitCheck() {}

    /** @throws InvalidInputException if the layer cannot be split, or not into these factors */
    static void check(FactorizedLayer split, LayerNode node) {
        Layer layer = split.layer();
        Optional<String> obstacle = node.obstacle().or(layer::obstacle);
        if (obstacle.isPresent()) {
            throw new InvalidInputException("Layer '" + node.id() + "' cannot be split: " + obstacle.get() + ".");
        }
        Optional<WeightShape> own = node.constant().map(ConstantTensor::dims).flatMap(node::weightShape);
        if (own.isEmpty() || !own.get().equals(layer.weight()) || node.groups() != layer.groups()) {
            throw new InvalidInputException("The factors for layer '" + node.id() + "' are for a weight of shape "
                    + layer.weight() + " in " + layer.groups() + " groups; this model's has "
                    + own.map(WeightShape::toString).orElse("no shape") + " in " + node.groups() + ".");
        }
        WeightShape weight = layer.weight();
        int rank = split.split().rank();
        List<Integer> pointwise = Collections.nCopies(weight.kernel().size(), 1);
        boolean kernelFirst = split.split().unfolding() == Unfolding.OUTPUT_CHANNEL;
        WeightShape first = new WeightShape(
                Math.multiplyExact(rank, layer.groups()),
                weight.inPerGroup(),
                kernelFirst ? weight.kernel() : pointwise);
        WeightShape second = new WeightShape(weight.out(), rank, kernelFirst ? pointwise : weight.kernel());
        check(split, "first", first, split.firstShape(), split.first());
        check(split, "second", second, split.secondShape(), split.second());
    }

    private static void check(
            FactorizedLayer split, String which, WeightShape needed, WeightShape found, float[] values) {
        if (!needed.equals(found) || values.length != needed.elements()) {
            throw new InvalidInputException("The " + which + " factor of layer '"
                    + split.layer().id() + "' (" + split.split().unfolding() + " rank "
                    + split.split().rank() + ") needs shape " + needed + ", found " + found + " with " + values.length
                    + " elements.");
        }
    }
}
