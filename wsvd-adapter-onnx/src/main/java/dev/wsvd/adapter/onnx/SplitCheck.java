package dev.wsvd.adapter.onnx;

import dev.wsvd.adapter.onnx.internal.graph.ConstantTensor;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.WeightShape;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.factor.FactorizedLayer;
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
    }
}
