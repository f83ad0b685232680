package dev.wsvd.adapter.onnx;

import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Op;
import java.util.Optional;

/** Whether the layer that stages were made for is the one in the graph. */
final class StageCheck {
    private StageCheck() {}

    /** @throws InvalidInputException if the layer cannot be replaced, or is another one */
    static void check(Layer layer, LayerNode node) {
        Optional<String> reason = node.unsupportedReason().or(layer::unsupportedReason);
        if (reason.isPresent()) {
            throw new InvalidInputException("Layer '" + node.id() + "' cannot be split: " + reason.get() + ".");
        }
        Optional<Op> own = node.storedShape().map(weight -> node.op(weight, layer.inputShape(), layer.outputShape()));
        if (own.isEmpty() || !own.get().equals(layer.op())) {
            throw new InvalidInputException("The stages for layer '" + node.id() + "' are for " + described(layer.op())
                    + "; this model's is "
                    + own.map(StageCheck::described).orElse("of no shape") + ".");
        }
    }

    private static String described(Op op) {
        String text = op.kind() + " " + op.weight();
        return op instanceof Convolution conv
                ? text + " in " + conv.groups() + " groups with stride " + conv.stride() + ", dilation "
                        + conv.dilation() + " and padding " + conv.padding()
                : text;
    }
}
