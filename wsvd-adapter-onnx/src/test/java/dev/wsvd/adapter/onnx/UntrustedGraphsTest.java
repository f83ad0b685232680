package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static dev.wsvd.adapter.onnx.ModelBuilder.nodeOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.adapter.onnx.internal.engine.OrtEngine;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.graph.GraphScan;
import dev.wsvd.adapter.onnx.internal.shape.InputShapes;
import dev.wsvd.adapter.onnx.internal.shape.LayerShapes;
import dev.wsvd.adapter.onnx.internal.shape.Measuring;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.testkit.JavaProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A graph that contradicts itself, or was made to stop the engine, gives one clear error or a layer with its reason. */
class UntrustedGraphsTest {
    /** A tensor of any number of dims. */
    private static final ValueInfoProto UNRANKED = ValueInfoProto.newBuilder()
            .setType(TypeProto.newBuilder()
                    .setTensorType(TypeProto.Tensor.newBuilder().setElemType(DataType.FLOAT_VALUE)))
            .build();

    @TempDir
    Path folder;

    private final OnnxFormat format = new OnnxFormat();

    @Test
    void aTensorStoredTwice() throws IOException {
        ModelProto.Builder model = model().toBuilder();
        model.getGraphBuilder().addInitializer(weight());
        Path file = write(model.build());
        refused(file, ModelFormatException.class, "'" + file + "' is corrupt: tensor 'w' is stored twice.");
    }

    @Test
    void aValueGivenTwice() throws IOException {
        ModelProto.Builder model = model().toBuilder();
        model.getGraphBuilder().addNode(nodeOf("Relu", "again", List.of("x"), "y"));
        Path file = write(model.build());
        refused(file, ModelFormatException.class, "'" + file + "' is corrupt: tensor 'y' gets its value twice.");
    }

    @Test
    void aCycle() throws IOException {
        ModelProto model = new ModelBuilder()
                .input("x", 2, 6)
                .node("Add", "one", List.of("x", "b"), "a")
                .node("Relu", "two", List.of("a"), "b")
                .output("b")
                .build();
        Path file = write(model);
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' is corrupt: node 0 (Add 'one') waits for its own result: the graph has a cycle.");
    }

    @Test
    void aCycleOfIdentitiesInFrontOfAWeight() throws IOException {
        ModelProto model = new ModelBuilder()
                .input("x", 2, 6)
                .node("Identity", "one", List.of("b"), "a")
                .node("Transpose", "two", List.of("a"), "b")
                .node("MatMul", "fc", List.of("x", "b"), "y")
                .output("y")
                .build();
        Path file = write(model);
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' is corrupt: node 0 (Identity 'one') waits for its own result: the graph has a cycle.");
    }

    @Test
    void aCycleThroughABody() throws IOException {
        GraphProto body = GraphProto.newBuilder()
                .addNode(nodeOf("Relu", "inner", List.of("y"), "o"))
                .addOutput(ModelBuilder.value("o", DataType.FLOAT_VALUE, 2))
                .build();
        ModelProto model = new ModelBuilder()
                .input("c", 1)
                .node("If", "if", List.of("c"), "y", attribute("then_branch", body), attribute("else_branch", body))
                .output("y")
                .build();
        Path file = write(model);
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' is corrupt: node 0 (If 'if') waits for its own result: the graph has a cycle.");
    }

    @Test
    void aLongChainOfIdentitiesIsOnlyNotFollowed() throws IOException {
        ModelBuilder builder = new ModelBuilder().input("x", 2, 6).weight("i0", 6, 5);
        for (int i = 0; i < 20_000; i++) {
            builder.node("Identity", "", List.of("i" + i), "i" + (i + 1));
        }
        builder.node("MatMul", "fc", List.of("x", "i20000"), "y").output("y");
        CompressibleModel<OnnxModel> model = open(builder.build());
        assertThat(model.layers()).isEmpty();
    }

    @Test
    void aDeclaredDimBeyondAllBounds() throws IOException {
        ModelProto model = new ModelBuilder()
                .input("x", 1, 1, 5, Long.MAX_VALUE)
                .weight("w", 1, 1, 3, 3)
                .node(
                        "Conv",
                        "conv",
                        List.of("x", "w"),
                        "y",
                        attribute("auto_pad", "SAME_LOWER"),
                        attribute("strides", List.of(2L, 2L)))
                .output("y")
                .build();
        Path file = write(model);
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' is corrupt: 'x' has a dim of 9223372036854775807, at most 2147483647 is possible.");
    }

    @Test
    void hugeInputsAreNotRun() throws IOException {
        ModelProto model = new ModelBuilder()
                .input("x", 1L << 30, 1L << 20)
                .weight("w", 6, 5)
                .node("NonZero", "", List.of("x"), "n")
                .node("Cast", "", List.of("n"), "f", attribute("to", 1))
                .node("MatMul", "fc", List.of("f", "w"), "y")
                .output("y")
                .build();
        assertThat(open(model).layers())
                .extracting(l -> l.unsupportedReason().orElse(""))
                .containsExactly(
                        "output size unknown: ONNX Runtime cannot tell. Maybe give the sizes of the model's inputs");
    }

    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aLoopWithoutEndIsNotWaitedFor() {
        ModelProto model = new ModelBuilder()
                .input("x", 1, 6)
                .weight("w", 2, 5)
                .stored(ModelBuilder.longs("trips", new long[] {1L << 62}))
                .node("Loop", "loop", List.of("trips", "", "x"), "last", attribute("body", EndlessLoop.body()))
                .node("NonZero", "", List.of("last"), "where")
                .node("Transpose", "", List.of("where"), "pairs")
                .node("Cast", "", List.of("pairs"), "f", attribute("to", 1))
                .node("MatMul", "fc", List.of("f", "w"), "y")
                .output("y")
                .build();
        InputShapes inputs = new InputShapes(model.getGraph(), OpenOptions.DEFAULT);
        assertThat(LayerShapes.measure(
                        model,
                        new ExternalData(null),
                        inputs,
                        GraphScan.of(model),
                        new Measuring(new OrtEngine(), Duration.ofSeconds(1), Long.MAX_VALUE)))
                .extracting(l -> l.unsupportedReason().orElse(""))
                .containsExactly("output size unknown: a run to measure it took longer than 1 s");
    }

    @Test
    void costsBeyondAllBoundsAreUnknown() throws IOException {
        ModelProto model = new ModelBuilder()
                .input("x", 1, 1L << 30, 1L << 30, 1L << 30, 6)
                .weight("w", 6, 5)
                .node("MatMul", "fc", List.of("x", "w"), "y")
                .output("y")
                .build();
        List<Layer> layers = open(model).layers();
        assertThat(layers).allMatch(l -> l.outputShape().isEmpty());
        assertThat(layers.get(0).unsupportedReason().orElse("")).startsWith("output size unknown: ");
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 1_000_000})
    void impossibleGroups(int groups) throws IOException {
        ModelProto model = new ModelBuilder()
                .input("x", 1, 4, 8, 8)
                .weight("w", 8, 4, 3, 3)
                .node("Conv", "conv", List.of("x", "w"), "y", attribute("group", groups))
                .output("y")
                .build();
        assertThat(open(model).layers())
                .extracting(l -> l.unsupportedReason().orElse(""))
                .containsExactly("its " + groups + " groups do not divide its 8 output channels");
    }

    /** ONNX Runtime divides by them: without a check the process would end. */
    @ParameterizedTest
    @ValueSource(strings = {"strides", "dilations", "kernel_shape", "group"})
    void sizesOfZero(String name) throws IOException {
        boolean one = name.equals("group");
        ModelProto model = new ModelBuilder()
                .input("x", 1, 4, 8, 8)
                .weight("w", 8, 4, 3, 3)
                .node(
                        "Conv",
                        "conv",
                        List.of("x", "w"),
                        "y",
                        one ? attribute(name, 0) : attribute(name, List.of(1L, 0L)))
                .output("y")
                .build();
        Path file = write(model);
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' is corrupt: node 'conv' (Conv) has " + name + (one ? " 0" : " [1, 0]")
                        + ", which must be at least 1.");
    }

    /** ONNX Runtime takes the ranks for equal: without a stated kernel the process would end. */
    @ParameterizedTest
    @ValueSource(strings = {"Conv", "ConvTranspose"})
    void aWeightOfAnotherRankThanTheInput(String operator) throws IOException {
        ModelProto model = new ModelBuilder()
                .input("x", 1, 4, 8)
                .weight("w", 4, 4, 3, 3)
                .node(operator, "conv", List.of("x", "w"), "y")
                .output("y")
                .build();
        CompressibleModel<OnnxModel> opened = open(model);
        assertThat(opened.layers()).hasSize(1).noneMatch(Layer::supported);
        assertThatThrownBy(() -> format.predictor(opened.model()).run(FullRank.inputs(opened.model())))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith("ONNX Runtime cannot ");
    }

    /** ONNX Runtime asks for the second dim before it counts them: the process would end. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void anInputOfTooFewDims(int rank) throws Exception {
        ModelBuilder builder = new ModelBuilder()
                .weight("w", 4, 4, 3)
                .node("Conv", "conv", List.of("x", "w"), "y")
                .output("y");
        builder.graph().addInput(UNRANKED.toBuilder().setName("x"));
        List<String> outcome = OpenedAlone.outcome(write(builder.build()), folder, rank);
        assertThat(outcome).hasSize(2);
        assertThat(outcome.get(1)).startsWith("ONNX Runtime cannot run the model: ");
    }

    @Test
    void inputsWithoutAShapeMayHaveAnotherNumberOfDimsEachTime() {
        ModelBuilder builder = new ModelBuilder()
                .node("Flatten", "", List.of("x"), "y", attribute("axis", 0))
                .output("y");
        builder.graph().addInput(UNRANKED.toBuilder().setName("x"));
        try (Predictor predictor = format.predictor(new OnnxModel(builder.build()))) {
            for (List<Long> shape : List.of(List.of(2L), List.of(2L, 3L), List.of(4L, 3L), List.of(1L))) {
                Tensor given = Tensor.ofFloats(
                        shape, new float[(int) shape.stream().mapToLong(d -> d).reduce(1, (m, n) -> m * n)]);
                assertThat(predictor.run(Map.of("x", given)).get("y").elements())
                        .isEqualTo(given.elements());
            }
        }
    }

    /** The engine cannot be stopped within a node, and the process ends all the same. */
    @Test
    void aRunThatIsInterruptedDoesNotEndTheProcess() throws Exception {
        assertThat(new JavaProgram(InterruptedRun.class).run(folder))
                .containsExactly(
                        "ONNX Runtime was interrupted while it worked on the model.",
                        "still interrupted: true",
                        "-3.0");
    }

    @Test
    void aLimitThatIsNoneIsNamed() throws Exception {
        Path file = folder.resolve("model.onnx");
        Files.write(file, EndlessLoop.model().toByteArray());
        assertThat(new JavaProgram(OpenedAlone.class)
                        .option("-Dwsvd.onnx.seconds=abc")
                        .run(folder, file.toString()))
                .containsExactly(
                        "The system property wsvd.onnx.seconds takes a whole number of seconds, at least 1 and at"
                                + " most 86400, found 'abc'.");
    }

    @Test
    void aNodeWithoutEndIsNotWaitedFor() throws Exception {
        assertThat(new JavaProgram(NodeWithoutEnd.class).run(folder))
                .containsExactly("output size unknown: a run to measure it took longer than 1 s");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Conv", "ConvTranspose"})
    void aConvolutionWithoutAKernel(String operator) throws IOException {
        ModelProto model = new ModelBuilder()
                .input("x", 1, 4, 8)
                .weight("w", 4, 4)
                .node(operator, "conv", List.of("x", "w"), "y", attribute("kernel_shape", List.of(3L)))
                .output("y")
                .build();
        CompressibleModel<OnnxModel> opened = open(model);
        assertThat(opened.layers()).isEmpty();
        assertThatThrownBy(() -> format.predictor(opened.model()))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage("Node 'conv' (" + operator
                        + ") has a weight of shape [4, 4]; a convolution's has at least 3 dims," + " each at least 1.");
    }

    private static ModelProto model() {
        return new ModelBuilder()
                .input("x", 2, 6)
                .weight("w", 6, 5)
                .node("MatMul", "fc", List.of("x", "w"), "y")
                .output("y")
                .build();
    }

    private static TensorProto.Builder weight() {
        return model().getGraph().getInitializer(0).toBuilder();
    }

    private Path write(ModelProto model) throws IOException {
        return Files.write(folder.resolve("model.onnx"), model.toByteArray());
    }

    private CompressibleModel<OnnxModel> open(ModelProto model) throws IOException {
        return format.open(write(model), OpenOptions.DEFAULT);
    }

    private void refused(Path file, Class<? extends WsvdException> kind, String message) {
        assertThatThrownBy(() -> format.open(file, OpenOptions.DEFAULT))
                .isInstanceOf(kind)
                .hasMessage(message);
    }
}
