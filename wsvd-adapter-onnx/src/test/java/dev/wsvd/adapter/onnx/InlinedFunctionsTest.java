package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static dev.wsvd.adapter.onnx.ModelBuilder.nodeOf;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Layers within a model's own functions are layers of the model. */
class InlinedFunctionsTest {
    private static final String LOCAL = "local";
    static final long OPSET = 17;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {"stored in the function", "given", "given twice", "nested", "attributes", "branch", "in a branch"
            })
    void areSplitAsIfTheyStoodThere(String how) throws IOException {
        ModelProto proto = model(how);
        Map<String, Tensor> inputs = FullRank.inputs(asItIs(proto));
        Map<String, Tensor> expected = FullRank.run(asItIs(proto), inputs);

        CompressibleModel<OnnxModel> model = FullRank.open(proto);

        assertThat(model.layers()).extracting(layer -> layer.id().name()).containsExactlyElementsOf(layers(how));
        assertThat(model.layers()).allMatch(Layer::supported);
        assertThat(model.model().proto().getFunctionsList()).isEmpty();
        FullRank.assertSame(FullRank.run(model.model(), inputs), expected, 1e-6);
        for (String form : FullRank.forms(model)) {
            CompressibleModel<OnnxModel> split = FullRank.splitAll(model, form);
            FullRank.assertSame(FullRank.run(split.model(), inputs), expected, 1e-4);
            Path file = folder.resolve("split.onnx");
            split.save(file);
            CompressibleModel<OnnxModel> again = FullRank.FORMAT.open(file, OpenOptions.DEFAULT);
            assertThat(again.layers()).isEqualTo(split.layers());
            FullRank.assertSame(FullRank.run(again.model(), inputs), expected, 1e-4);
        }
    }

    private static List<String> layers(String how) {
        return switch (how) {
            case "given twice" -> List.of("first/fc", "second/fc");
            case "nested" -> List.of("block/first/fc", "block/second/fc");
            case "branch" -> List.of("call/if/then_branch/call/fc", "call/if/else_branch/call/other");
            case "in a branch" -> List.of("if/then_branch/call/fc", "if/else_branch/other/fc");
            default -> List.of("call/fc");
        };
    }

    private static ModelProto model(String how) {
        ModelBuilder builder = new ModelBuilder().input("x", 3, 6).output("y");
        return switch (how) {
            case "stored in the function" ->
                with(
                        builder.node(call("Linear", "call", List.of("x"), "y")),
                        function("Linear", List.of("a"), List.of("b"), weight(builder), product("a", "b")));
            case "given" ->
                with(
                        builder.weight("w", 6, 6).node(call("Linear", "call", List.of("x", "w"), "y")),
                        function("Linear", List.of("a", "w"), List.of("b"), product("a", "b")));
            case "given twice" ->
                with(
                        builder.weight("v", 6, 6)
                                .weight("w", 6, 6)
                                .node(call("Linear", "first", List.of("x", "v"), "fc"))
                                .node(call("Linear", "second", List.of("fc", "w"), "y")),
                        function(
                                "Linear",
                                List.of("a", "w"),
                                List.of("b"),
                                product("a", "fc"),
                                nodeOf("Relu", "relu", List.of("fc"), "b")));
            case "nested" ->
                with(
                        builder.node(call("Block", "block", List.of("x"), "y")),
                        function(
                                "Block",
                                List.of("in"),
                                List.of("out"),
                                call("Linear", "first", List.of("in"), "h"),
                                nodeOf("Relu", "", List.of("h"), "relu"),
                                call("Linear", "second", List.of("relu"), "out")),
                        function("Linear", List.of("a"), List.of("b"), weight(builder), product("a", "b")));
            case "attributes" ->
                with(
                        builder.weight("w", 6, 6)
                                .node(call("Scaled", "call", List.of("x", "w"), "y", attribute("factor", 0.5f))),
                        function(
                                        "Scaled",
                                        List.of("a", "w", "c"),
                                        List.of("b"),
                                        nodeOf(
                                                "Gemm",
                                                "fc",
                                                List.of("a", "w", "c"),
                                                "b",
                                                referring("alpha", "factor"),
                                                referring("transB", "turned"),
                                                referring("beta", "absent")))
                                .toBuilder()
                                .addAttribute("factor")
                                .addAttribute("absent")
                                .addAttributeProto(attribute("turned", 1))
                                .build());
            case "branch" ->
                with(
                        condition(builder).node(call("Either", "call", List.of("x", "c"), "y")),
                        function(
                                "Either",
                                List.of("a", "c"),
                                List.of("b"),
                                weight(builder),
                                nodeOf("Relu", "", List.of("a"), "h"),
                                nodeOf(
                                        "If",
                                        "if",
                                        List.of("c"),
                                        "b",
                                        attribute("then_branch", branch(product("h", "t"))),
                                        attribute(
                                                "else_branch",
                                                branch(nodeOf("MatMul", "other", List.of("a", "w"), "t"))))));
            case "in a branch" ->
                with(
                        condition(builder)
                                .node(nodeOf(
                                        "If",
                                        "if",
                                        List.of("c"),
                                        "y",
                                        attribute("then_branch", branch(call("Linear", "call", List.of("x"), "t"))),
                                        attribute("else_branch", branch(call("Linear", "other", List.of("x"), "t"))))),
                        function("Linear", List.of("a"), List.of("b"), weight(builder), product("a", "b")));
            default -> throw new IllegalArgumentException(how);
        };
    }

    @Test
    void aWeightThatAFunctionStoresIsStoredOnceForAllItsCalls() {
        CompressibleModel<OnnxModel> model = FullRank.open(model("nested"));

        assertThat(model.model().proto().getGraph().getInitializerList())
                .extracting(TensorProto::getName)
                .containsExactly("Linear/w");
        CompressibleModel<OnnxModel> split = FullRank.splitAll(model, "input-channel");
        assertThat(split.model().proto().getGraph().getInitializerList())
                .extracting(TensorProto::getName)
                .containsExactly("block/first/fc_svd_a_weight", "block/first/fc_svd_b_weight");
    }

    @Test
    void functionsWithoutLayersStayAndWhatNothingCallsToo() {
        ModelBuilder builder = new ModelBuilder().input("x", 3, 6).output("y");
        ModelProto proto = with(
                builder.node(call("Linear", "call", List.of("x"), "h")).node(call("Squared", "end", List.of("h"), "y")),
                function(
                        "Linear",
                        List.of("a"),
                        List.of("b"),
                        weight(builder),
                        product("a", "h"),
                        call("Squared", "squared", List.of("h"), "b")),
                function("Squared", List.of("a"), List.of("b"), nodeOf("Mul", "", List.of("a", "a"), "b")),
                function("Unused", List.of("a"), List.of("b"), nodeOf("Relu", "", List.of("a"), "b")));

        OnnxModel opened = FullRank.open(proto).model();

        assertThat(opened.proto().getGraph().getNodeList())
                .extracting(NodeProto::getName)
                .containsExactly("call/fc", "call/squared", "end");
        assertThat(opened.proto().getFunctionsList())
                .extracting(FunctionProto::getName)
                .containsExactly("Squared", "Unused");
        Map<String, Tensor> inputs = FullRank.inputs(opened);
        FullRank.assertSame(FullRank.run(opened, inputs), FullRank.run(asItIs(proto), inputs), 1e-6);
    }

    /** It gives what it takes, and one result twice; the caller has no use for a third. */
    @Test
    void whatAFunctionHandsOnIsHandedOn() {
        ModelBuilder builder =
                new ModelBuilder().input("x", 3, 6).output("y").output("same").output("again");
        ModelProto proto = with(
                builder.node(call("Linear", "call", List.of("x"), "y").toBuilder()
                        .addOutput("same")
                        .addOutput("again")
                        .addOutput("")
                        .build()),
                function(
                        "Linear",
                        List.of("a"),
                        List.of("b", "a", "b", "unused"),
                        weight(builder),
                        product("a", "b"),
                        nodeOf("Neg", "", List.of("b"), "unused")));
        Map<String, Tensor> inputs = FullRank.inputs(FullRank.open(proto).model());

        Map<String, Tensor> results = FullRank.run(FullRank.open(proto).model(), inputs);

        assertThat(results.get("same").data()).isEqualTo(inputs.get("x").data());
        assertThat(results.get("again").data()).isEqualTo(results.get("y").data());
    }

    /** A body's own name, which is that of what the caller gives, is another one. */
    @Test
    void namesInBodiesDoNotHideWhatACallGives() {
        ModelBuilder builder = condition(new ModelBuilder().input("x", 3, 6).output("y"));
        GraphProto hiding = GraphProto.newBuilder()
                .setName("then")
                .addNode(nodeOf("Neg", "", List.of("a"), "h"))
                .addNode(nodeOf("MatMul", "fc", List.of("h", "w"), "t"))
                .addNode(nodeOf("Sub", "", List.of("t", "a"), "u"))
                .addOutput(ModelBuilder.value("u", DataType.FLOAT_VALUE, "N", 6))
                .build();
        ModelProto proto = with(
                builder.node(nodeOf("Relu", "", List.of("x"), "h"))
                        .node(call("Either", "call", List.of("h", "c"), "y")),
                function(
                        "Either",
                        List.of("a", "c"),
                        List.of("b"),
                        weight(builder),
                        nodeOf(
                                "If",
                                "if",
                                List.of("c"),
                                "b",
                                attribute("then_branch", hiding),
                                attribute("else_branch", hiding))));
        Map<String, Tensor> inputs = FullRank.inputs(asItIs(proto));

        FullRank.assertSame(
                FullRank.run(FullRank.open(proto).model(), inputs), FullRank.run(asItIs(proto), inputs), 1e-6);
    }

    /** Each calls the one before twice, and the first has many operands: calls beyond a limit stay. */
    @Test
    void wideFunctionsThatAreCalledOftenAreNotAllPutInPlace() {
        ModelBuilder builder = new ModelBuilder().input("x", 3, 6).output("y");
        List<String> operands = new ArrayList<>(List.of("a"));
        IntStream.range(0, 4000).forEach(i -> operands.add("o" + i));
        FunctionProto[] functions = new FunctionProto[13];
        functions[0] = function("F0", operands, List.of("b"), weight(builder), product("a", "b"));
        for (int i = 1; i < functions.length; i++) {
            functions[i] = function(
                    "F" + i,
                    List.of("a"),
                    List.of("b"),
                    call("F" + (i - 1), "", List.of("a"), "m"),
                    call("F" + (i - 1), "", List.of("m"), "b"));
        }

        CompressibleModel<OnnxModel> model =
                FullRank.open(with(builder.node(call("F12", "call", List.of("x"), "y")), functions));

        assertThat(model.model().proto().getFunctionsList())
                .extracting(FunctionProto::getName)
                .contains("F0");
        assertThat(model.model().proto().getGraph().getNodeList())
                .extracting(NodeProto::getOpType)
                .contains("MatMul", "F0")
                .doesNotContain("F12");
    }

    @Test
    void anEinsumBesideAFunctionIsAProduct() {
        ModelBuilder builder = new ModelBuilder().input("x", 3, 6).output("y");
        ModelProto proto = with(
                builder.weight("w", 6, 5)
                        .node(call("Squared", "call", List.of("x"), "h"))
                        .node("Einsum", "sum", List.of("h", "w"), "y", attribute("equation", "ab,bc->ac")),
                function("Squared", List.of("a"), List.of("b"), nodeOf("Mul", "", List.of("a", "a"), "b")));

        assertThat(FullRank.open(proto).layers()).singleElement().matches(Layer::supported);
    }

    private static OnnxModel asItIs(ModelProto proto) {
        return new OnnxModel(proto, Optional.empty(), Optional.empty());
    }

    private static ModelBuilder condition(ModelBuilder builder) {
        return builder.typedInput("c", DataType.BOOL_VALUE);
    }

    static NodeProto weight(ModelBuilder builder) {
        return nodeOf("Constant", "", List.of(), "w", attribute("value", builder.randomTensor("", 6, 6)));
    }

    static NodeProto product(String from, String to) {
        return nodeOf("MatMul", "fc", List.of(from, "w"), to);
    }

    private static GraphProto branch(NodeProto node) {
        return GraphProto.newBuilder()
                .setName("branch")
                .addNode(node)
                .addOutput(ModelBuilder.value("t", DataType.FLOAT_VALUE, "N", 6))
                .build();
    }

    private static AttributeProto referring(String name, String to) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(name.equals("transB") ? AttributeProto.AttributeType.INT : AttributeProto.AttributeType.FLOAT)
                .setRefAttrName(to)
                .build();
    }

    static NodeProto call(
            String function, String name, List<String> inputs, String output, AttributeProto... attributes) {
        return nodeOf(function, name, inputs, output, attributes).toBuilder()
                .setDomain(LOCAL)
                .build();
    }

    static FunctionProto function(String name, List<String> inputs, List<String> outputs, NodeProto... nodes) {
        return FunctionProto.newBuilder()
                .setDomain(LOCAL)
                .setName(name)
                .addAllInput(inputs)
                .addAllOutput(outputs)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPSET))
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain(LOCAL).setVersion(1))
                .addAllNode(Arrays.asList(nodes))
                .build();
    }

    static ModelProto with(ModelBuilder builder, FunctionProto... functions) {
        return builder.build().toBuilder()
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain(LOCAL).setVersion(1))
                .addAllFunctions(Arrays.asList(functions))
                .build();
    }
}
