package dev.wsvd.adapter.onnx.internal.run;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import dev.wsvd.adapter.onnx.ModelBuilder;
import dev.wsvd.adapter.onnx.internal.graph.GraphScan;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecurrentInputsTest {
    private static final ModelProto MODEL = new ModelBuilder()
            .input("x", 5, 2, 6)
            .weight("w", 1, 16, 6)
            .weight("r", 1, 16, 4)
            .node("LSTM", "cell", List.of("x", "w", "r"), "y")
            .output("y")
            .build();

    @Test
    void onlyAProductOfFloat16IsKeptApartFromATranspose() {
        assertThat(watching(MODEL, true)).containsExactly("Transpose", "Flatten", "Transpose", "MatMul");
        assertThat(watching(half(), true)).containsExactly("Transpose", "Sum", "Flatten", "Transpose", "MatMul");
        assertThat(watching(half(), false)).containsExactly("Flatten", "Transpose", "MatMul");
    }

    private static ModelProto half() {
        ModelProto.Builder half = MODEL.toBuilder();
        half.getGraphBuilder()
                .getInitializerBuilderList()
                .forEach(tensor -> tensor.setDataType(DataType.FLOAT16_VALUE)
                        .setRawData(
                                ByteString.copyFrom(new byte[tensor.getRawData().size() / 2])));
        return half.build();
    }

    private static List<String> watching(ModelProto model, boolean timeFirst) {
        RecurrentInputs inside =
                new RecurrentInputs(GraphScan.of(model).layers().get(0), timeFirst);
        inside.gates(inside.sequence());
        return inside.nodes().stream().map(NodeProto::getOpType).toList();
    }
}
