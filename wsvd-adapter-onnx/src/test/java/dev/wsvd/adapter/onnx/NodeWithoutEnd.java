package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.adapter.onnx.internal.engine.OrtEngine;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.graph.GraphScan;
import dev.wsvd.adapter.onnx.internal.shape.InputShapes;
import dev.wsvd.adapter.onnx.internal.shape.LayerShapes;
import dev.wsvd.adapter.onnx.internal.shape.Measuring;
import dev.wsvd.domain.spi.OpenOptions;
import java.time.Duration;
import java.util.List;

/** Measures a model in which one node takes longer than the limit, and prints why its layer has no size. */
public final class NodeWithoutEnd {
    private NodeWithoutEnd() {}

    public static void main(String[] arguments) {
        ModelProto model = new ModelBuilder()
                .input("x", 1, 1)
                .weight("w", 3, 5)
                .stored(ModelBuilder.longs("large", new long[] {8_000, 8_000}, 2))
                .node("Expand", "", List.of("x", "large"), "e")
                .node("MatMul", "", List.of("e", "e"), "p")
                .node("NonZero", "", List.of("p"), "where")
                .node("Cast", "", List.of("where"), "f", attribute("to", 1))
                .node("MatMul", "fc", List.of("f", "w"), "y")
                .output("y")
                .build();
        LayerShapes.measure(
                        model,
                        new ExternalData(null),
                        new InputShapes(model.getGraph(), OpenOptions.DEFAULT),
                        GraphScan.of(model),
                        new Measuring(new OrtEngine(), Duration.ofSeconds(1), Long.MAX_VALUE))
                .forEach(layer -> System.out.println(layer.unsupportedReason().orElse("")));
    }
}
