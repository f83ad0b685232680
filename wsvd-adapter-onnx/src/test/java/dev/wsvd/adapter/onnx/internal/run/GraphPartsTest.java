package dev.wsvd.adapter.onnx.internal.run;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.AttributeProto;
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

    /** Of a tensor that stands in the node itself. */
    private static GraphProto held(GraphProto blocks) {
        GraphProto.Builder graph = blocks.toBuilder().clearInitializer().clearNode();
        blocks.getInitializerList()
                .forEach(weight -> graph.addNode(node("Constant", weight.getName()).toBuilder()
                        .addAttribute(
                                AttributeProto.newBuilder().setName("value").setT(weight))));
        return graph.addAllNode(blocks.getNodeList()).build();
    }

    /** Behind the six nodes that hold them. */
    @Test
    void weightsThatNodesHoldCountWhereTheyAreUsed() {
        GraphParts parts = new GraphParts(held(blocks(DataType.FLOAT_VALUE)));

        assertThat(parts.weightBytes()).isEqualTo(600);
        assertThat(parts.ends(300)).containsExactly(10, 14, 18);
        assertThat(parts.ends(600)).containsExactly(18);
    }

    @Test
    void weightsInBodiesCount() {
        GraphProto body = blocks(DataType.FLOAT_VALUE);
        NodeProto branches = node("If", "y", "which").toBuilder()
                .addAttribute(AttributeProto.newBuilder().setName("then_branch").setG(body))
                .addAttribute(AttributeProto.newBuilder().setName("else_branch").setG(held(body)))
                .build();
        GraphProto.Builder graph = GraphProto.newBuilder().addNode(branches);
        graph.addNode(branches.toBuilder().setOutput(0, "z")).addOutput(value("y"));
        GraphParts parts = new GraphParts(graph.addOutput(value("z")).build());

        assertThat(parts.weightBytes()).isEqualTo(2400);
        assertThat(parts.ends(2000)).containsExactly(1, 2);
        assertThat(parts.ends(2400)).containsExactly(2);
    }

    @Test
    void halvesTakeAsMuchAsFloats() {
        assertThat(new GraphParts(blocks(DataType.FLOAT16_VALUE)).weightBytes()).isEqualTo(600);
        assertThat(new GraphParts(blocks(DataType.DOUBLE_VALUE)).weightBytes()).isEqualTo(1200);
        assertThat(new GraphParts(blocks(DataType.INT8_VALUE)).weightBytes()).isEqualTo(150);
    }
}
