package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static dev.wsvd.adapter.onnx.ModelBuilder.nodeOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.wsvd.adapter.onnx.internal.engine.Engine;
import dev.wsvd.adapter.onnx.internal.engine.EngineException;
import dev.wsvd.adapter.onnx.internal.engine.EngineModel;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.file.ModelWriter;
import dev.wsvd.adapter.onnx.internal.graph.GraphScan;
import dev.wsvd.adapter.onnx.internal.isolate.IsolatedEngine;
import dev.wsvd.adapter.onnx.internal.shape.InputShapes;
import dev.wsvd.adapter.onnx.internal.shape.LayerShapes;
import dev.wsvd.adapter.onnx.internal.shape.Measuring;
import dev.wsvd.domain.error.EngineLostException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Isolation;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** ONNX Runtime in a process of its own, which really ends in all the ways it can. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class IsolationTest {
    private static final OnnxFormat FORMAT = new OnnxFormat();
    private static final Isolation LIMITS = Isolation.DEFAULT;
    private static final Isolation SHORT = new Isolation(Duration.ofSeconds(2), LIMITS.memory());
    private static final String HOSTILE =
            " the model. Maybe the model is hostile, or needs more than the 4000 MB of memory it may have.";

    @TempDir
    Path folder;

    @Test
    void computesTheSameBits() {
        Map<String, Tensor> inputs =
                FullRank.inputs(open(network(), OpenOptions.DEFAULT).model());
        CompressibleModel<OnnxModel> here = open(network(), OpenOptions.DEFAULT);
        CompressibleModel<OnnxModel> there = open(network(), isolated(LIMITS));
        assertThat(there.layers()).isEqualTo(here.layers());
        assertSameBits(there.model(), here.model(), inputs);
        CompressibleModel<OnnxModel> split =
                here.with(List.of(FullRank.split(here, here.layers().get(0), "input-channel", 2)));
        CompressibleModel<OnnxModel> splitThere =
                there.with(List.of(FullRank.split(there, there.layers().get(0), "input-channel", 2)));
        assertThat(splitThere.model().isolation()).contains(LIMITS);
        assertSameBits(splitThere.model(), split.model(), inputs);
    }

    @Test
    void withExternalData() throws IOException {
        CompressibleModel<OnnxModel> whole = open(network(), OpenOptions.DEFAULT);
        Path file = folder.resolve("large.onnx");
        new OnnxFormat(new ModelWriter(100))
                .of(network(), "large.onnx", OpenOptions.DEFAULT)
                .save(file);
        assertThat(folder.toFile().list()).hasSize(2);
        assertSameBits(FORMAT.open(file, isolated(LIMITS)).model(), whole.model(), FullRank.inputs(whole.model()));
    }

    @Test
    void whatOnnxRuntimeSaysIsTheSame() {
        ModelProto model = new ModelBuilder()
                .input("x", "n")
                .weight("w", 6, 5)
                .node("MatMul", "fc", List.of("x", "w"), "y")
                .output("y")
                .build();
        Map<String, Tensor> inputs = Map.of("x", Tensor.ofFloats(List.of(4L), new float[4]));
        String here = refusal(open(model, OpenOptions.DEFAULT).model(), inputs);
        assertThat(here).startsWith("ONNX Runtime cannot run the model: ");
        assertThat(refusal(open(model, isolated(LIMITS)).model(), inputs)).isEqualTo(here);
    }

    @Test
    void aCrashIsOneSentenceAndTheNextCallWorks() throws EngineException {
        CompressibleModel<OnnxModel> good = open(network(), isolated(LIMITS));
        Map<String, Tensor> inputs = FullRank.inputs(good.model());
        Engine engine = IsolatedEngine.of(Optional.of(LIMITS));
        try (Predictor openBefore = FORMAT.predictor(good.model())) {
            Map<String, Tensor> before = openBefore.run(inputs);
            assertThatThrownBy(() -> engine.open(
                            EngineModel.of(callOfTooManyInputs(), new ExternalData(null)), Engine.Optimization.NONE))
                    .isInstanceOf(EngineLostException.class)
                    .hasMessageMatching("ONNX Runtime crashed \\(exit code [0-9]+(, '.*')?\\) while it was loading"
                            + Pattern.quote(HOSTILE));
            assertEqualBits(openBefore.run(inputs), before);
        }
    }

    @Test
    void aCrashInShapeInferenceIsNoReasonOfALayer() {
        ModelProto model = callOfTooManyInputs();
        InputShapes inputs = new InputShapes(model.getGraph(), OpenOptions.DEFAULT);
        Measuring measuring =
                new Measuring(IsolatedEngine.of(Optional.of(LIMITS)), Duration.ofSeconds(10), Long.MAX_VALUE);
        assertThatThrownBy(() ->
                        LayerShapes.measure(model, new ExternalData(null), inputs, GraphScan.of(model), measuring))
                .isInstanceOf(EngineLostException.class);
    }

    @Test
    void aRunThatDoesNotEnd() {
        CompressibleModel<OnnxModel> endless = open(EndlessLoop.model(), isolated(SHORT));
        try (Predictor predictor = FORMAT.predictor(endless.model())) {
            assertThatThrownBy(() -> predictor.run(ones()))
                    .isInstanceOf(ModelFormatException.class)
                    .hasMessage("ONNX Runtime was ended after 2 s of running the model. Maybe the model never"
                            + " ends, or needs a higher limit.");
        }
        CompressibleModel<OnnxModel> good = open(network(), isolated(SHORT));
        assertSameBits(good.model(), open(network(), OpenOptions.DEFAULT).model(), FullRank.inputs(good.model()));
    }

    @Test
    void moreMemoryThanTheLimit() {
        ModelProto model = new ModelBuilder()
                .input("x", 1)
                .stored(ModelBuilder.longs("size", new long[] {500_000_000}, 1))
                .node("Expand", "large", List.of("x", "size"), "l")
                .node("ReduceSum", "sum", List.of("l"), "y")
                .output("y")
                .build();
        Isolation small = new Isolation(LIMITS.time(), 500_000_000);
        Map<String, Tensor> one = Map.of("x", Tensor.ofFloats(List.of(1L), new float[] {1}));
        assertThat(refusal(open(model, isolated(small)).model(), one))
                .startsWith("ONNX Runtime cannot run the model: ")
                .contains("2000000000");
    }

    @Test
    void itsEndWhileIdleIsNotNoticed() {
        Isolation own = new Isolation(Duration.ofSeconds(61), LIMITS.memory());
        CompressibleModel<OnnxModel> model = open(network(), isolated(own));
        Map<String, Tensor> inputs =
                FullRank.inputs(open(network(), OpenOptions.DEFAULT).model());
        Set<Long> others = children();
        try (Predictor predictor = FORMAT.predictor(model.model())) {
            Map<String, Tensor> before = predictor.run(inputs);
            kill(childBeside(others));
            assertEqualBits(predictor.run(inputs), before);
        }
    }

    @Test
    void itsEndInACallIsOneSentence() {
        Isolation own = new Isolation(Duration.ofSeconds(62), LIMITS.memory());
        Set<Long> others = children();
        try (Predictor predictor =
                FORMAT.predictor(open(EndlessLoop.model(), isolated(own)).model())) {
            ProcessHandle child = childBeside(others);
            Duration before = child.info().totalCpuDuration().orElseThrow();
            CompletableFuture<?> killing = CompletableFuture.runAsync(() -> {
                while (child.info()
                                .totalCpuDuration()
                                .orElse(Duration.ZERO)
                                .minus(before)
                                .toMillis()
                        < 100) {
                    Thread.onSpinWait();
                }
                kill(child);
            });
            assertThatThrownBy(() -> predictor.run(ones()))
                    .isInstanceOf(ModelFormatException.class)
                    .hasMessage("ONNX Runtime was killed (exit code 137) while it was running" + HOSTILE);
            killing.join();
        }
    }

    @Test
    void endsWithItsParentAndLeavesNothing() throws Exception {
        Process parent = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Djava.io.tmpdir=" + folder,
                        "-XX:-UsePerfData",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Parent.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        ProcessHandle child;
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(parent.getInputStream(), StandardCharsets.UTF_8))) {
            child = ProcessHandle.of(Long.parseLong(out.readLine())).orElseThrow();
            assertThat(folder).isNotEmptyDirectory();
        } finally {
            parent.destroyForcibly();
        }
        child.onExit().get(60, TimeUnit.SECONDS);
        assertThat(folder).isEmptyDirectory();
    }

    /** A JVM that prints the id of its engine's process, and waits for a model that never ends. */
    static final class Parent {
        private Parent() {}

        public static void main(String[] args) {
            Predictor predictor =
                    FORMAT.predictor(open(EndlessLoop.model(), isolated(LIMITS)).model());
            System.out.println(
                    ProcessHandle.current().children().findFirst().orElseThrow().pid());
            predictor.run(ones());
        }
    }

    private static void kill(ProcessHandle process) {
        process.destroyForcibly();
        process.onExit().join();
    }

    private static Set<Long> children() {
        return ProcessHandle.current()
                .children()
                .map(ProcessHandle::pid)
                .collect(Collectors.toCollection(HashSet::new));
    }

    private static ProcessHandle childBeside(Set<Long> others) {
        return ProcessHandle.current()
                .children()
                .filter(process -> !others.contains(process.pid()))
                .findFirst()
                .orElseThrow();
    }

    private static OpenOptions isolated(Isolation limits) {
        return OpenOptions.DEFAULT.isolated(limits);
    }

    private static CompressibleModel<OnnxModel> open(ModelProto model, OpenOptions options) {
        return FORMAT.of(model, "test.onnx", options);
    }

    private static String refusal(OnnxModel model, Map<String, Tensor> inputs) {
        try (Predictor predictor = FORMAT.predictor(model)) {
            predictor.run(inputs);
            throw new AssertionError("It ran.");
        } catch (ModelFormatException e) {
            return e.getMessage();
        }
    }

    private static void assertSameBits(OnnxModel actual, OnnxModel expected, Map<String, Tensor> inputs) {
        assertEqualBits(FullRank.run(actual, inputs), FullRank.run(expected, inputs));
    }

    private static void assertEqualBits(Map<String, Tensor> actual, Map<String, Tensor> expected) {
        assertThat(actual.keySet()).isEqualTo(expected.keySet());
        expected.forEach((name, tensor) -> {
            assertThat(actual.get(name).type()).isEqualTo(tensor.type());
            assertThat(actual.get(name).shape()).isEqualTo(tensor.shape());
            assertThat(actual.get(name).data()).isEqualTo(tensor.data());
        });
    }

    private static Map<String, Tensor> ones() {
        return Map.of("x", Tensor.ofFloats(List.of(1L, 6L), new float[6]));
    }

    private static ModelProto network() {
        return new ModelBuilder()
                .input("x", "n", 3, 8, 8)
                .typedInput("u", DataType.UINT16_VALUE, "n", 16)
                .weight("w", 16, 3, 3, 3)
                .node("Conv", "conv", List.of("x", "w"), "c")
                .node("Relu", "relu", List.of("c"), "r")
                .node("GlobalAveragePool", "pool", List.of("r"), "p")
                .node("Flatten", "flat", List.of("p"), "f")
                .weight("v", 16, 10)
                .node("MatMul", "fc", List.of("f", "v"), "y")
                .node("Cast", "cast", List.of("u"), "z", attribute("to", DataType.INT64_VALUE))
                .output("y")
                .output("z", DataType.INT64_VALUE)
                .build();
    }

    /** A call with an input of a function that takes none, which ends ONNX Runtime's process. */
    private static ModelProto callOfTooManyInputs() {
        OperatorSetIdProto own =
                OperatorSetIdProto.newBuilder().setDomain("own").setVersion(1).build();
        ModelProto.Builder model = new ModelBuilder()
                        .input("x", 1, 6)
                        .node(nodeOf("F", "f", List.of("x"), "h").toBuilder()
                                .setDomain("own")
                                .build())
                        .weight("w", 6, 5)
                        .node("MatMul", "fc", List.of("h", "w"), "y")
                        .output("y")
                        .build()
                        .toBuilder()
                        .addOpsetImport(own);
        return model.addFunctions(FunctionProto.newBuilder()
                        .setName("F")
                        .setDomain("own")
                        .addOutput("b")
                        .addNode(nodeOf("Identity", "", List.of("b0"), "b"))
                        .addAllOpsetImport(model.getOpsetImportList()))
                .build();
    }
}
