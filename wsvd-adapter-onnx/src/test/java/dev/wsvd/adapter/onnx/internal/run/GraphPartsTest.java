package dev.wsvd.adapter.onnx.internal.run;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.List;
import org.junit.jupiter.api.Test;

class GraphPartsTest {
    /** Three times: two products of one tensor, their sum, and the sum of that and the tensor. */
    private static GraphProto blocks(int type) {
        GraphProto.Builder graph = GraphProto.newBuilder().addInput(value("x0"));
        for (int i = 0; i < 3; i++) {
            for (String product : List.of("a", "b")) {
                graph.addInitializer(TensorProto.newBuilder()
                        .setName(product + i + ".w")
                        .setDataType(type)
                        .addDims(5)
                        .addDims(5));
                graph.addNode(node("MatMul", product + i, "x" + i, product + i + ".w"));
            }
            graph.addNode(node("Add", "s" + i, "a" + i, "b" + i));
            graph.addNode(node("Add", "x" + (i + 1), "s" + i, "x" + i));
        }
        return graph.addOutput(value("x3")).build();
    }

    private static NodeProto node(String op, String output, String... inputs) {
        return NodeProto.newBuilder()
                .setOpType(op)
                .addAllInput(List.of(inputs))
                .addOutput(output)
                .build();
    }

    private static ValueInfoProto value(String name) {
        return ValueInfoProto.newBuilder().setName(name).build();
    }

    private static List<Integer> ends(long most) {
        return new GraphParts(blocks(DataType.FLOAT_VALUE)).ends(most);
    }

    @Test
    void aGraphThatFitsIsOnePart() {
        assertThat(ends(600)).containsExactly(12);
    }

    /** Not behind the first product of a block, where two tensors are alive, though it would fit. */
    @Test
    void partsEndWhereFewTensorsAreAlive() {
        assertThat(ends(300)).containsExactly(4, 8, 12);
        assertThat(ends(200)).containsExactly(4, 8, 12);
    }

    @Test
    void aNodeWhoseWeightIsTooLargeIsAPartByItself() {
        assertThat(ends(99)).containsExactly(1, 4, 5, 8, 9, 12);
        assertThat(ends(1)).containsExactly(1, 4, 5, 8, 9, 12);
    }

    @Test
    void halvesTakeAsMuchAsFloats() {
        assertThat(new GraphParts(blocks(DataType.FLOAT16_VALUE)).weightBytes()).isEqualTo(600);
        assertThat(new GraphParts(blocks(DataType.DOUBLE_VALUE)).weightBytes()).isEqualTo(1200);
        assertThat(new GraphParts(blocks(DataType.INT8_VALUE)).weightBytes()).isEqualTo(150);
    }
}
