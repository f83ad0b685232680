package dev.wsvd.adapter.onnx.internal.run;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.wsvd.adapter.onnx.internal.engine.RunProfile;
import dev.wsvd.adapter.onnx.internal.engine.RunProfile.Part;
import dev.wsvd.adapter.onnx.internal.graph.GraphScan;
import dev.wsvd.domain.layer.LayerId;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A network x → scale → a, a → relu → b, relu + b → sum → end: whose time is whose. */
class NodeOwnersTest {
    private static final ModelProto MODEL = ModelProto.newBuilder()
            .setGraph(GraphProto.newBuilder()
                    .addInitializer(weight("v"))
                    .addInitializer(weight("w"))
                    .addNode(node("Mul", "scale", List.of("x", "x"), "scaled"))
                    .addNode(node("MatMul", "a", List.of("scaled", "v"), "first"))
                    .addNode(node("Relu", "relu", List.of("first"), "positive"))
                    .addNode(node("MatMul", "b", List.of("positive", "w"), "second"))
                    .addNode(node("Add", "sum", List.of("positive", "second"), "both"))
                    .addNode(node("Relu", "end", List.of("both"), "y")))
            .build();
    private static final LayerId A = new LayerId("a");
    private static final LayerId B = new LayerId("b");

    private static TensorProto weight(String name) {
        return TensorProto.newBuilder()
                .setName(name)
                .setDataType(1)
                .addAllDims(List.of(2L, 2L))
                .addAllFloatData(List.of(1f, 2f, 3f, 4f))
                .build();
    }

    private static NodeProto node(String op, String name, List<String> inputs, String output) {
        return NodeProto.newBuilder()
                .setOpType(op)
                .setName(name)
                .addAllInput(inputs)
                .addOutput(output)
                .build();
    }

    private static Map<LayerId, Long> byLayer(Part... parts) {
        return NodeOwners.of(MODEL, GraphScan.of(MODEL)).byLayer(new RunProfile(List.of(parts)));
    }

    @Test
    void aNodeCountsForTheLastLayerThatItDependsOn() {
        assertThat(byLayer(
                        new Part("#0#", 1),
                        new Part("#1#", 20),
                        new Part("#2#", 300),
                        new Part("#3#", 4000),
                        new Part("#4#", 50_000),
                        new Part("#5#", 600_000)))
                .isEqualTo(Map.of(A, 321L, B, 654_000L));
    }

    @Test
    void whatIsFusedIsFoundByANodeOrATensorOfIt() {
        assertThat(byLayer(
                        new Part("fused #3#", 1), new Part("#1#/MatMulScaleFusion/", 20), new Part("both_nchwc", 300)))
                .isEqualTo(Map.of(A, 20L, B, 301L));
    }

    @Test
    void whatIsCalledAfterNothingFollowsTheOneBefore() {
        assertThat(byLayer(new Part("BiasGelu", 1), new Part("#3#", 20), new Part("ReorderOutput", 300)))
                .isEqualTo(Map.of(A, 1L, B, 320L));
    }

    @Test
    void nodesAreNumberedByTheirPlace() {
        assertThat(NodeOwners.numbered(MODEL).getGraph().getNodeList())
                .extracting(NodeProto::getName)
                .containsExactly("#0#", "#1#", "#2#", "#3#", "#4#", "#5#");
    }
}
