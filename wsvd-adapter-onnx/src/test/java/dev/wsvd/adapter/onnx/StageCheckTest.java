package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import dev.wsvd.domain.spi.CompressibleModel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Stages that were made for another layer are refused before anything is rewritten. */
class StageCheckTest {
    private final CompressibleModel<OnnxModel> model = FullRank.open(new ModelBuilder()
            .input("x", "N", 4, 9, 8)
            .typedInput("ids", DataType.INT64_VALUE, "N", 3)
            .weight("w", 6, 4, 3, 3)
            .weight("dw", 6, 1, 3, 3)
            .weight("table", 7, 5)
            .weight("fc", 5, 5)
            .node("Conv", "conv", List.of("x", "w"), "c", attribute("strides", List.of(2L, 1L)))
            .node("Conv", "dw", List.of("c", "dw"), "y", attribute("group", 6))
            .node("Gather", "embed", List.of("table", "ids"), "e")
            .node("MatMul", "fc", List.of("e", "fc"), "z")
            .output("y")
            .output("z")
            .build());
    private final Layer conv = model.layers().get(0);
    private final Layer embed = model.layers().get(2);
    private final Layer fc = model.layers().get(3);

    @Test
    void ofAnUnsupportedLayer() {
        assertRefused(
                model.layers().get(1), List.of(model.layers().get(1).op()), "Layer 'dw' cannot be split: depthwise.");
    }

    @Test
    void ofNoLayer() {
        Layer other = Layer.of(new LayerId("other"), fc.op(), List.of(), List.of());
        assertRefused(other, List.of(fc.op()), "The model has no layer 'other'.");
    }

    @Test
    void twice() {
        Replacement one = replacement(fc, List.of(fc.op()));
        assertThatThrownBy(() -> model.with(List.of(one, one)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Layer 'fc' is split twice.");
    }

    @Test
    void ofAnotherShape() {
        Layer other = Layer.of(fc.id(), Affine.of(4, 5), List.of(), List.of());
        assertRefused(
                other,
                List.of(other.op()),
                "The stages for layer 'fc' are for linear 4×5; this model's is linear 5×5.");
    }

    @Test
    void ofAnotherKind() {
        Layer other = Layer.of(embed.id(), Affine.of(5, 7), List.of(), List.of());
        assertRefused(
                other,
                List.of(other.op()),
                "The stages for layer 'embed' are for linear 5×7; this model's is embedding 5×7.");
    }

    @Test
    void ofAnotherStride() {
        Convolution still = new Convolution(conv.weight(), 1, List.of(1, 1));
        Layer other = Layer.of(conv.id(), still, conv.inputShape(), conv.outputShape());
        assertRefused(
                other,
                List.of(still),
                "The stages for layer 'conv' are for conv 6×4×3×3 in 1 groups with stride [1, 1], dilation [1, 1] and"
                        + " padding [0, 0]; this model's is conv 6×4×3×3 in 1 groups with stride [2, 1], dilation"
                        + " [1, 1] and padding [0, 0].");
    }

    private void assertRefused(Layer layer, List<Op> ops, String message) {
        assertThatThrownBy(() -> model.with(List.of(replacement(layer, ops))))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(message);
    }

    private static Replacement replacement(Layer layer, List<Op> ops) {
        List<Stage> stages = new ArrayList<>();
        ops.forEach(op -> stages.add(new Stage(op, new float[(int) op.weight().elements()])));
        return Replacement.of(layer, Choice.of("by-hand", 1), stages, 0);
    }
}
