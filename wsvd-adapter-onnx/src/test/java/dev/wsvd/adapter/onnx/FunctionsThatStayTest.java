package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.InlinedFunctionsTest.call;
import static dev.wsvd.adapter.onnx.InlinedFunctionsTest.function;
import static dev.wsvd.adapter.onnx.InlinedFunctionsTest.product;
import static dev.wsvd.adapter.onnx.InlinedFunctionsTest.weight;
import static dev.wsvd.adapter.onnx.InlinedFunctionsTest.with;
import static dev.wsvd.adapter.onnx.ModelBuilder.nodeOf;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model's own functions that are not put in the place of their calls. */
class FunctionsThatStayTest {
    @ParameterizedTest
    @ValueSource(strings = {"no layer", "another operator set", "a weight that is an activation"})
    void otherFunctionsStay(String why) {
        ModelBuilder builder = new ModelBuilder().input("x", 6, 6).output("y");
        builder.node(call("Mixed", "call", List.of("x"), "y"));
        NodeProto node = why.equals("no layer")
                ? nodeOf("Add", "", List.of("a", "a"), "b")
                : why.equals("another operator set") ? product("a", "b") : nodeOf("MatMul", "", List.of("a", "a"), "b");
        FunctionProto.Builder function =
                function("Mixed", List.of("a"), List.of("b"), weight(builder), node).toBuilder();
        if (why.equals("another operator set")) {
            function.getOpsetImportBuilder(0).setVersion(InlinedFunctionsTest.OPSET - 1);
        }
        ModelProto proto = with(builder, function.build());

        assertThat(FullRank.open(proto).model().proto()).isEqualTo(proto);
    }

    /** The model could only have one of the versions; which one must not depend on the order of calls. */
    @Test
    void functionsStayThatUseSeveralVersionsOfASetThatTheModelDoesNotUse() {
        ModelBuilder builder = new ModelBuilder().input("x", 3, 6).output("y");
        ModelProto proto = with(
                builder.node(call("Second", "a", List.of("x"), "h")).node(call("Outer", "b", List.of("h"), "y")),
                function("Outer", List.of("a"), List.of("b"), call("Third", "inner", List.of("a"), "b")),
                learning(3, function("Third", List.of("a"), List.of("b"), weight(builder), product("a", "b"))),
                learning(2, function("Second", List.of("a"), List.of("b"), weight(builder), product("a", "b"))));

        assertThat(FullRank.open(proto).model().proto()).isEqualTo(proto);
    }

    private static FunctionProto learning(long version, FunctionProto function) {
        return function.toBuilder()
                .addOpsetImport(
                        OperatorSetIdProto.newBuilder().setDomain("ai.onnx.ml").setVersion(version))
                .build();
    }

    @Test
    void whatAFunctionSaysThatOnnxRuntimesOperatorsComputeIsNoLayer() {
        ModelBuilder builder = new ModelBuilder().input("x", 3, 6).output("y").weight("w", 6, 6);
        FunctionProto own =
                function("FusedMatMul", List.of("a", "w"), List.of("b"), nodeOf("Add", "", List.of("a", "a"), "b"));
        ModelProto proto = with(
                builder.own("FusedMatMul", "fc", List.of("x", "w"), "y"),
                own.toBuilder().setDomain("com.microsoft").build());

        assertThat(FullRank.open(proto).layers()).isEmpty();
    }

    @Test
    void norIsWhatItSaysThatOperatorsOnBlocksOfChannelsCompute() {
        FunctionProto own =
                function("Conv", List.of("a", "w"), List.of("b"), nodeOf("Add", "", List.of("a", "a"), "b")).toBuilder()
                        .setDomain("com.microsoft.nchwc")
                        .build();
        ModelBuilder builder =
                new ModelBuilder().input("x", 1, 16, 8, 8).output("y").weight("w", 16, 16, 3, 3);
        builder.node(nodeOf("Conv", "conv", List.of("x", "w"), "y").toBuilder()
                .setDomain(own.getDomain())
                .build());
        ModelProto proto = with(builder, own).toBuilder()
                .addOpsetImport(OperatorSetIdProto.newBuilder()
                        .setDomain(own.getDomain())
                        .setVersion(1))
                .build();

        assertThat(FullRank.open(proto).layers()).isEmpty();
    }
}
