package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static dev.wsvd.adapter.onnx.ModelBuilder.nodeOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Functions and nodes that would end the process, or keep it for ever, if ONNX Runtime saw them. */
class UntrustedFunctionsTest {
    private static final String LOCAL = "local";

    @TempDir
    Path folder;

    private final OnnxFormat format = new OnnxFormat();

    @Test
    void aFunctionOfOrdinaryUse() throws IOException {
        CompressibleModel<OnnxModel> model = format.open(
                write(
                        function("Twice", List.of("a"), List.of("b"), call("Once", "a", "m"), call("Once", "m", "b")),
                        once()),
                OpenOptions.DEFAULT);
        assertThat(model.layers()).singleElement().matches(layer -> layer.supported());
        assertThat(FullRank.run(model.model(), FullRank.inputs(model.model()))).containsOnlyKeys("y");
    }

    @Test
    void aFunctionThatCallsItself() throws Exception {
        Path file = write(function("Twice", List.of("a"), List.of("b"), call("Twice", "a", "b")));
        assertThat(OpenedAlone.outcome(file, folder))
                .containsExactly("'" + file + "' is corrupt: function 'local:Twice' calls itself.");
    }

    @Test
    void functionsThatCallEachOther() throws IOException {
        refused(
                "is corrupt: function 'local:Twice' calls itself.",
                function("Twice", List.of("a"), List.of("b"), call("Other", "a", "b")),
                function("Other", List.of("a"), List.of("b"), call("Twice", "a", "b")));
    }

    @Test
    void aFunctionThatCallsItselfInABody() throws IOException {
        GraphProto body =
                GraphProto.newBuilder().addNode(call("Twice", "a", "b")).build();
        refused(
                "is corrupt: function 'local:Twice' calls itself.",
                function(
                        "Twice",
                        List.of("a"),
                        List.of("b"),
                        nodeOf("If", "", List.of("a"), "b", attribute("then_branch", body))));
    }

    /** ONNX's own name may be spelled out. */
    @ParameterizedTest
    @CsvSource({"'', ai.onnx", "ai.onnx, ''"})
    void aFunctionInPlaceOfAnOperatorOfOnnx(String domain, String called) throws IOException {
        FunctionProto relu = function(
                "Relu",
                List.of("a"),
                List.of("b"),
                call("Relu", "a", "b").toBuilder().setDomain(called).build());
        refused(
                "is corrupt: function 'Relu' calls itself.",
                relu.toBuilder().setDomain(domain).build(),
                once());
    }

    @Test
    void callsThatAreTooDeep() throws IOException {
        FunctionProto[] chain = new FunctionProto[200];
        chain[0] = once();
        for (int i = 1; i < chain.length; i++) {
            chain[i] = function("F" + i, List.of("a"), List.of("b"), call(i == 1 ? "Once" : "F" + (i - 1), "a", "b"));
        }
        refused("is corrupt: its functions call each other more than 100 deep.", chain);
    }

    /** Each calls the one before twice: sixty of them would be more nodes than there is memory in the world. */
    @Test
    void functionsThatGrowWithoutBounds() throws IOException {
        FunctionProto[] chain = new FunctionProto[60];
        chain[0] = once();
        for (int i = 1; i < chain.length; i++) {
            String before = i == 1 ? "Once" : "F" + (i - 1);
            chain[i] = function("F" + i, List.of("a"), List.of("b"), call(before, "a", "m"), call(before, "m", "b"));
        }
        refused("has more than 1,000,000 nodes with its functions in place; that many are not handled.", chain);
    }

    /** Each puts the graph it is given in its place twice. */
    @Test
    void graphsThatGrowWithoutBounds() throws IOException {
        AttributeProto given = AttributeProto.newBuilder()
                .setName("then_branch")
                .setRefAttrName("g")
                .build();
        FunctionProto twice = function(
                "Twice",
                List.of("a"),
                List.of("b"),
                nodeOf("If", "", List.of("a"), "m", given),
                nodeOf("If", "", List.of("a"), "b", given));
        GraphProto graph =
                GraphProto.newBuilder().addNode(call("Relu", "x", "o")).build();
        for (int i = 0; i < 23; i++) {
            NodeProto call = call("Twice", "x", "o").toBuilder()
                    .addAttribute(attribute("g", graph))
                    .build();
            graph = GraphProto.newBuilder().addNode(call).build();
        }
        ModelProto.Builder model = model(twice).toBuilder();
        model.getGraphBuilder().getNodeBuilder(0).addAttribute(attribute("g", graph));
        Path file = Files.write(folder.resolve("model.onnx"), model.build().toByteArray());
        assertThatThrownBy(() -> format.open(file, OpenOptions.DEFAULT))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage("'" + file
                        + "' has more than 1,000,000 nodes with its functions in place; that many are not handled.");
    }

    @Test
    void aCallWithMoreOutputsThanTheFunctionHas() throws Exception {
        ModelProto.Builder model =
                model(function("Twice", List.of(), List.of("b"), nodeOf("Relu", "", List.of("b"), "c"))).toBuilder();
        model.getGraphBuilder().getNodeBuilder(0).setName("call").addOutput("more");
        Path file = Files.write(folder.resolve("model.onnx"), model.build().toByteArray());
        assertThat(OpenedAlone.outcome(file, folder))
                .containsExactly(
                        "'" + file + "' is corrupt: node 'call' calls function 'local:Twice' with 1 inputs and 2"
                                + " outputs; it has 0 and 1.");
    }

    @Test
    void aCallWithFewerOutputsThanTheFunctionHas() throws Exception {
        FunctionProto two = function(
                "Twice",
                List.of("a"),
                List.of("b", "c"),
                nodeOf("Relu", "", List.of("a"), "b"),
                nodeOf("Neg", "", List.of("a"), "c"));
        Path file = write(two);
        assertThat(OpenedAlone.outcome(file, folder))
                .containsExactly("'" + file + "' is corrupt: node '' calls function 'local:Twice' with 1 inputs and 1"
                        + " outputs; it has 1 and 2.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Min", "Max", "Sum", "Mean"})
    void anEmptyInputAmongMany(String operator) throws Exception {
        Path file = Files.write(
                folder.resolve("model.onnx"),
                new ModelBuilder()
                        .input("x", 3)
                        .node(operator, "all", List.of("x", "", "x"), "y")
                        .output("y")
                        .build()
                        .toByteArray());
        assertThat(OpenedAlone.outcome(file, folder))
                .containsExactly(
                        "'" + file + "' is corrupt: node 'all' (" + operator + ") has an input without a name.");
    }

    @Test
    void anEmptyInputAmongManyOfAFunction() throws Exception {
        FunctionProto inner =
                function("Inner", List.of("p", "q"), List.of("r"), nodeOf("Min", "", List.of("p", "q"), "r"));
        FunctionProto outer = function(
                "Twice",
                List.of("a", "c"),
                List.of("b"),
                nodeOf("Inner", "", List.of("a", "c"), "b").toBuilder()
                        .setDomain(LOCAL)
                        .build());
        Path file = write(outer, inner);
        assertThat(OpenedAlone.outcome(file, folder))
                .containsExactly("'" + file
                        + "' is corrupt: node '' calls function 'local:Twice' without input 1, which it needs.");
    }

    @Test
    void aSplitWithAnOutputWithoutAName() throws Exception {
        NodeProto split = nodeOf("Split", "split", List.of("x"), "y", attribute("axis", 0)).toBuilder()
                .addOutput("")
                .build();
        Path file = Files.write(
                folder.resolve("model.onnx"),
                new ModelBuilder()
                        .opset(12)
                        .input("x", 4)
                        .node(split)
                        .output("y")
                        .build()
                        .toByteArray());
        assertThat(OpenedAlone.outcome(file, folder))
                .containsExactly("'" + file + "' is corrupt: node 'split' (Split) has an output without a name.");
    }

    /** In a function they are what the caller says. */
    @Test
    void aDivisorThatTheCallerGives() throws IOException {
        AttributeProto strides = AttributeProto.newBuilder()
                .setName("strides")
                .setType(AttributeProto.AttributeType.INTS)
                .setRefAttrName("s")
                .build();
        FunctionProto pool = function(
                "Twice",
                List.of("a"),
                List.of("b"),
                nodeOf("MaxPool", "", List.of("a"), "b", attribute("kernel_shape", List.of(1L)), strides));
        assertThat(format.open(write(pool.toBuilder().addAttribute("s").build()), OpenOptions.DEFAULT)
                        .layers())
                .hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            0  | 17 | it uses version 0 of operator set 'ai.onnx', allowed: 1 … 2147483647
            -3 | -3 | it uses version -3 of operator set 'ai.onnx', allowed: 1 … 2147483647
            1099511627776 | 17 | it uses version 1099511627776 of operator set 'ai.onnx', allowed: 1 … 2147483647
            17 | 9  | it uses both version 17 and version 9 of operator set ''
            """)
    void operatorSetsThatAreNone(long version, long other, String fault) throws IOException {
        ModelProto model = model(once()).toBuilder()
                .clearOpsetImport()
                .addOpsetImport(
                        OperatorSetIdProto.newBuilder().setDomain("ai.onnx").setVersion(version))
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(other))
                .build();
        Path file = Files.write(folder.resolve("model.onnx"), model.toByteArray());
        assertThatThrownBy(() -> format.open(file, OpenOptions.DEFAULT))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage("'" + file + "' is corrupt: " + fault + ".");
    }

    /** Squared, any of these numbers would take hours. */
    @Test
    void functionsAsWideAsAModelMayBe() throws IOException {
        int many = 200_000;
        List<String> inputs = IntStream.range(0, many).mapToObj(i -> "a" + i).toList();
        List<String> others = IntStream.range(0, many).mapToObj(i -> "c" + i).toList();
        NodeProto.Builder references = nodeOf("Relu", "", List.of("a"), "b").toBuilder();
        for (int i = 0; i < many; i++) {
            references.addAttribute(AttributeProto.newBuilder().setName("k" + i).setRefAttrName("r" + i));
        }
        NodeProto.Builder sum = nodeOf("Sum", "", List.of(), "b").toBuilder().addAllInput(others);

        format.open(
                write(
                        function("Twice", List.of("a"), List.of("b"), references.build()),
                        function("Wide", inputs, List.of("b"), sum.build())),
                OpenOptions.DEFAULT);
    }

    @Test
    void functionsOfOneName() throws IOException {
        refused("is corrupt: function 'local:Once' is there twice.", once(), once());
    }

    @Test
    void operatorsOfOthersMayTakeWhatTheyLike() throws IOException {
        NodeProto bucket = nodeOf("Split", "s", List.of("x"), "").toBuilder()
                .setDomain("com.example")
                .addOutput("y")
                .addAttribute(ModelBuilder.attribute("group", "north"))
                .build();
        ModelProto model = new ModelBuilder()
                .input("x", 2, 6).node(bucket).output("y").build().toBuilder()
                        .addOpsetImport(OperatorSetIdProto.newBuilder()
                                .setDomain("com.example")
                                .setVersion(1))
                        .build();

        Path file = Files.write(folder.resolve("others.onnx"), model.toByteArray());
        format.open(file, OpenOptions.DEFAULT);
    }

    @Test
    void aBodyWhoseNamesHideThoseAroundIt() throws IOException {
        GraphProto body = new ModelBuilder()
                .typedInput("i", DataType.INT64_VALUE)
                .typedInput("going", DataType.BOOL_VALUE)
                .input("y", 2, 6)
                .node("Identity", "on", List.of("going"), "goesOn")
                .node("Relu", "step", List.of("y"), "next")
                .output("goesOn", DataType.BOOL_VALUE)
                .output("next", DataType.FLOAT_VALUE, 2, 6)
                .graph()
                .build();
        ModelProto model = new ModelBuilder()
                .input("x", 2, 6)
                .stored(ModelBuilder.longs("times", new long[] {2}))
                .node("Loop", "loop", List.of("times", "", "x"), "y", ModelBuilder.attribute("body", body))
                .output("y", DataType.FLOAT_VALUE, 2, 6)
                .build();

        Path file = Files.write(folder.resolve("hidden.onnx"), model.toByteArray());
        OnnxModel opened = format.open(file, OpenOptions.DEFAULT).model();
        assertThat(FullRank.run(opened, FullRank.inputs(opened))).containsOnlyKeys("y");
    }

    private void refused(String message, FunctionProto... functions) throws IOException {
        Path file = write(functions);
        assertThatThrownBy(() -> format.open(file, OpenOptions.DEFAULT))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage("'" + file + "' " + message);
    }

    private Path write(FunctionProto... functions) throws IOException {
        return Files.write(folder.resolve("model.onnx"), model(functions).toByteArray());
    }

    /** Calls {@code Twice}, then multiplies. */
    private static ModelProto model(FunctionProto... functions) {
        return new ModelBuilder()
                        .input("x", 2, 6)
                        .weight("w", 6, 5)
                        .node(call("Twice", "x", "h"))
                        .node("MatMul", "fc", List.of("h", "w"), "y")
                        .output("y", DataType.FLOAT_VALUE, 2, 5)
                        .build()
                        .toBuilder()
                        .addOpsetImport(sets().get(1))
                        .addAllFunctions(Arrays.asList(functions))
                        .build();
    }

    private static NodeProto call(String function, String input, String output) {
        return nodeOf(function, "", List.of(input), output).toBuilder()
                .setDomain(LOCAL)
                .build();
    }

    private static FunctionProto once() {
        return function("Once", List.of("a"), List.of("b"), nodeOf("Relu", "", List.of("a"), "b"));
    }

    private static FunctionProto function(String name, List<String> inputs, List<String> outputs, NodeProto... nodes) {
        return FunctionProto.newBuilder()
                .setDomain(LOCAL)
                .setName(name)
                .addAllInput(inputs)
                .addAllOutput(outputs)
                .addAllOpsetImport(sets())
                .addAllNode(Arrays.asList(nodes))
                .build();
    }

    private static List<OperatorSetIdProto> sets() {
        List<OperatorSetIdProto> sets = new ArrayList<>();
        sets.add(OperatorSetIdProto.newBuilder().setVersion(17).build());
        sets.add(OperatorSetIdProto.newBuilder().setDomain(LOCAL).setVersion(1).build());
        return sets;
    }
}
