package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.selection.BudgetSelectionParameters;
import dev.wsvd.selection.BudgetSelector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Layers in the branches of an If, whose times ONNX Runtime does not tell apart. */
class BodyLatencyTest {
    private static final int WIDTH = 64;

    @TempDir
    Path folder;

    @Test
    void layersInABodyAreNamedSinceTheyAreNotTimed() throws IOException {
        Path file = folder.resolve("branches.onnx");
        Files.write(file, branches().toByteArray());
        List<ProgressEvent> events = new ArrayList<>();

        PlannedCompression planned = ModelCompressor.of(new OnnxFormat().open(file, OpenOptions.DEFAULT))
                .parameters(CompressionParameters.of(new BudgetSelector(new BudgetSelectionParameters(
                        Optional.empty(), Map.of(Metric.LATENCY, 1_000_000_000L), OptionalDouble.empty()))))
                .metric(Metric.LATENCY)
                .listener(events::add)
                .plan();

        assertThat(events)
                .contains(new ProgressEvent.Notice(
                        "2 layers are not timed (in the body of an If or Loop, or the engine does not tell), so no time is"
                                + " saved there: 'y/then_branch/then', 'y/else_branch/otherwise'."));
        assertThat(planned.stats().before().of(Metric.LATENCY)).isPositive();
    }

    /** A product, then one of two by whether x is on. */
    private static ModelProto branches() {
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                .setGraph(GraphProto.newBuilder()
                        .setName("test")
                        .addInput(value("x", DataType.FLOAT_VALUE, 1, WIDTH))
                        .addInput(value("on", DataType.BOOL_VALUE))
                        .addOutput(value("y", DataType.FLOAT_VALUE, 1, WIDTH))
                        .addInitializer(weight("v"))
                        .addNode(product("before", "x", "v", "h"))
                        .addNode(NodeProto.newBuilder()
                                .setOpType("If")
                                .addInput("on")
                                .addOutput("y")
                                .addAttribute(branch("then_branch", "then"))
                                .addAttribute(branch("else_branch", "otherwise"))))
                .build();
    }

    private static AttributeProto branch(String name, String layer) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.GRAPH)
                .setG(GraphProto.newBuilder()
                        .setName(layer)
                        .addInitializer(weight(layer + ".weight"))
                        .addNode(product(layer, "h", layer + ".weight", layer + ".out"))
                        .addOutput(value(layer + ".out", DataType.FLOAT_VALUE, 1, WIDTH)))
                .build();
    }

    private static NodeProto product(String name, String input, String weight, String output) {
        return NodeProto.newBuilder()
                .setOpType("MatMul")
                .setName(name)
                .addInput(input)
                .addInput(weight)
                .addOutput(output)
                .build();
    }

    private static TensorProto weight(String name) {
        return TensorProto.newBuilder()
                .setName(name)
                .setDataType(DataType.FLOAT_VALUE)
                .addAllDims(List.of((long) WIDTH, (long) WIDTH))
                .setRawData(ByteString.copyFrom(new byte[WIDTH * WIDTH * Float.BYTES]))
                .build();
    }

    private static ValueInfoProto value(String name, int type, int... dims) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (int dim : dims) {
            shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(dim));
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(
                                TypeProto.Tensor.newBuilder().setElemType(type).setShape(shape)))
                .build();
    }
}
