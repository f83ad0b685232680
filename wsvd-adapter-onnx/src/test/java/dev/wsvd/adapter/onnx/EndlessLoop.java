package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static dev.wsvd.adapter.onnx.ModelBuilder.nodeOf;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.util.List;

/** A model with an input x of shape [1, 6] that runs for ever. */
final class EndlessLoop {
    private EndlessLoop() {}

    static ModelProto model() {
        return new ModelBuilder()
                .input("x", 1, 6)
                .stored(ModelBuilder.longs("trips", new long[] {1L << 62}))
                .node("Loop", "loop", List.of("trips", "", "x"), "y", attribute("body", body()))
                .output("y")
                .build();
    }

    /** What it does again and again to a value of shape [1, 6]. */
    static GraphProto body() {
        return GraphProto.newBuilder()
                .setName("body")
                .addInput(ModelBuilder.value("i", DataType.INT64_VALUE))
                .addInput(ModelBuilder.value("on", DataType.BOOL_VALUE))
                .addInput(ModelBuilder.value("v", DataType.FLOAT_VALUE, 1, 6))
                .addNode(nodeOf("Identity", "", List.of("on"), "still"))
                .addNode(nodeOf("Neg", "", List.of("v"), "next"))
                .addOutput(ModelBuilder.value("still", DataType.BOOL_VALUE))
                .addOutput(ModelBuilder.value("next", DataType.FLOAT_VALUE, 1, 6))
                .build();
    }
}
