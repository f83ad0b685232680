package dev.wsvd.factorization;

import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.SizedOp;
import dev.wsvd.domain.plan.Blueprint;
import java.util.List;

/** Three convolutions in the place of one: at the input's positions, over the taps, and at the output's positions. */
final class ThreeStages {
    private ThreeStages() {}

    static Blueprint blueprint(Layer layer, List<Convolution> ops) {
        Convolution whole = (Convolution) layer.op();
        List<Long> input = layer.inputShape();
        List<Long> output = layer.outputShape();
        List<Long> reduced = whole.shapeAfter(dim -> false, ops.get(0).weight().out(), input, output);
        List<Long> moved = whole.shapeAfter(dim -> true, ops.get(1).weight().out(), input, output);
        return Blueprint.of(
                layer.id(),
                List.of(
                        new SizedOp(ops.get(0), input, reduced, layer.type()),
                        new SizedOp(ops.get(1), reduced, moved, layer.type()),
                        new SizedOp(ops.get(2), moved, output, layer.type())));
    }
}
