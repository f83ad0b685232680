package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static dev.wsvd.adapter.onnx.ModelBuilder.productOfH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Unfitted;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Isolation;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.Stopwatch;
import dev.wsvd.domain.spi.TimingConditions;
import dev.wsvd.testkit.JavaProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Times of models and their layers, from ONNX Runtime itself: that there are some, and of what; never how long. */
class StopwatchTest {
    @TempDir
    Path folder;

    @Test
    void theEngineIsNamedWithItsVersion() {
        try (CompressibleModel<OnnxModel> model = FullRank.open(products());
                Stopwatch watch = stopwatch(model)) {
            assertThat(watch.engine()).matches("ONNX Runtime \\d+\\.\\d+\\.\\d+");
            assertThat(watch.run()).isPositive();
            assertThat(watch.run()).isPositive();
        }
    }

    /** Of channels that fill blocks, which have a layout of their own, and of others. */
    @ParameterizedTest
    @ValueSource(ints = {32, 6})
    void convolutionsHaveTimesWhateverIsFusedIntoThem(int channels) {
        try (CompressibleModel<OnnxModel> model = FullRank.open(convolutions(channels))) {
            assertThat(ids(model)).hasSize(7);
            assertTimesOfAll(model, TimingConditions.DEFAULT);
        }
    }

    @Test
    void productsHaveTimesWhateverIsFusedIntoThem() {
        try (CompressibleModel<OnnxModel> model = FullRank.open(products())) {
            assertThat(ids(model)).hasSize(3);
            assertTimesOfAll(model, TimingConditions.DEFAULT);
            assertTimesOfAll(model, new TimingConditions(2, 3));
        }
    }

    /** Queries, keys and values are computed by one node. */
    @Test
    void layersThatAreFusedIntoOneHaveNoneOfTheirOwn() {
        try (CompressibleModel<OnnxModel> model = ExportedAttentionTest.open("opset12")) {
            List<LayerId> apart = new ArrayList<>(ids(model));
            assertThat(apart.removeAll(Stream.of("MatMul_15", "MatMul_26", "MatMul_37")
                            .map(LayerId::new)
                            .toList()))
                    .isTrue();
            assertThat(apart).hasSize(4);
            assertTimes(model, apart, TimingConditions.DEFAULT);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"input-channel", "output-channel"})
    void stagesHaveTimes(String form) {
        for (ModelProto proto : List.of(convolutions(32), convolutions(6), products())) {
            try (CompressibleModel<OnnxModel> model = FullRank.open(proto);
                    CompressibleModel<OnnxModel> split = model.with(unfitted(model, form))) {
                for (Layer layer : model.layers()) {
                    assertThat(split.stagesOf(layer.id())).hasSize(2);
                }
                assertTimesOfAll(split, TimingConditions.DEFAULT);
            }
        }
    }

    @Test
    void layersInBodiesHaveNone() {
        try (CompressibleModel<OnnxModel> model = FullRank.open(branches())) {
            assertThat(ids(model))
                    .extracting(LayerId::name)
                    .containsExactly("before", "chosen/then_branch/then", "chosen/else_branch/otherwise", "after");
            assertTimes(model, List.of(new LayerId("before"), new LayerId("after")), TimingConditions.DEFAULT);
        }
    }

    @Test
    void whatIsBeforeAllLayersIsNone() {
        Net net = new Net(17, false);
        String x = net.node("Sigmoid", List.of(net.node("Abs", List.of(net.input("N", 8)))));
        try (CompressibleModel<OnnxModel> model = FullRank.open(net.build(net.gemm("fc", x, 8, 4, true)))) {
            assertTimesOfAll(model, TimingConditions.DEFAULT);
        }
    }

    @Test
    void aModelWithoutLayersHasNoTimesOfThem() {
        Net net = new Net(17, false);
        try (CompressibleModel<OnnxModel> model =
                FullRank.open(net.build(net.node("Abs", List.of(net.input("N", 8)))))) {
            assertTimesOfAll(model, TimingConditions.DEFAULT);
        }
    }

    /** Of a model that runs with three samples only. */
    @Test
    void anOpenBatchHasAsManySamplesAsTheConditionsSay() {
        try (CompressibleModel<OnnxModel> model = FullRank.open(reshaped("N", 3))) {
            try (Stopwatch watch = stopwatch(model, 3)) {
                assertThat(watch.run()).isPositive();
                assertThat(watch.profiles(1)).hasSize(1);
                assertThat(watch.inputs()).containsPattern("^\\w+ \\[3, \\d+\\]$");
            }
            assertThatThrownBy(() -> stopwatch(model, 2)).isInstanceOf(ModelFormatException.class);
        }
    }

    @Test
    void aFixedBatchStays() {
        try (CompressibleModel<OnnxModel> model = FullRank.open(reshaped(3, 3));
                Stopwatch watch = stopwatch(model, 5)) {
            assertThat(watch.run()).isPositive();
            assertThat(watch.profiles(1)).hasSize(1);
        }
    }

    @Test
    void anIsolatedModelIsNotTimed() {
        try (CompressibleModel<OnnxModel> model =
                FullRank.FORMAT.of(products(), "test", OpenOptions.DEFAULT.isolated(Isolation.DEFAULT))) {
            assertThat(model.stopwatch(TimingConditions.DEFAULT)).isEmpty();
        }
    }

    @Test
    void withoutAnInputNothingIsTimed() {
        ModelBuilder unknown = new ModelBuilder()
                .input("x")
                .weight("w", 8, 4)
                .node("MatMul", "fc", List.of("x", "w"), "y")
                .output("y");
        unknown.graph()
                .getInputBuilder(0)
                .getTypeBuilder()
                .getTensorTypeBuilder()
                .clearShape();
        Net large = new Net(17, false);
        ModelProto tooLarge = large.build(large.linear("fc", large.input("N", 1 << 27, 8), 8, 4, false));
        for (ModelProto proto : List.of(unknown.build(), tooLarge)) {
            try (CompressibleModel<OnnxModel> model = FullRank.open(proto)) {
                assertThat(ids(model)).hasSize(1);
                assertThat(model.stopwatch(TimingConditions.DEFAULT)).isEmpty();
            }
        }
    }

    /** Also where a run fails. */
    @Test
    void nothingIsLeftInTheFolderForTemporaryFiles() throws IOException, InterruptedException {
        Path temporary = Files.createDirectory(folder.resolve("tmp"));

        assertThat(new JavaProgram(Profiled.class)
                        .option("-Djava.io.tmpdir=" + temporary)
                        .run(folder))
                .containsExactly("[] before", "3 runs", "[] after", "failed", "[] after");
    }

    /** Profiles models, and prints what is left of that while it runs. */
    public static final class Profiled {
        private Profiled() {}

        public static void main(String[] arguments) throws IOException {
            try (CompressibleModel<OnnxModel> model = FullRank.open(reshaped("N", 3))) {
                System.out.println(left() + " before");
                try (Stopwatch watch = stopwatch(model, 3)) {
                    System.out.println(watch.profiles(3).size() + " runs");
                    System.out.println(left() + " after");
                }
                try (Stopwatch watch = stopwatch(model, 2)) {
                    watch.profiles(3);
                } catch (ModelFormatException e) {
                    System.out.println("failed");
                    System.out.println(left() + " after");
                }
            }
        }

        /** ONNX Runtime's libraries are there as well. */
        private static List<String> left() throws IOException {
            try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
                return files.map(file -> file.getFileName().toString())
                        .filter(name -> name.startsWith("wsvd-profile"))
                        .toList();
            }
        }
    }

    private static void assertTimesOfAll(CompressibleModel<OnnxModel> model, TimingConditions conditions) {
        assertTimes(model, ids(model), conditions);
    }

    private static void assertTimes(
            CompressibleModel<OnnxModel> model, List<LayerId> layers, TimingConditions conditions) {
        try (Stopwatch watch = model.stopwatch(conditions).orElseThrow()) {
            assertThat(watch.run()).isPositive();
            List<Map<LayerId, Long>> profiles = watch.profiles(3);
            assertThat(profiles).hasSize(3).allSatisfy(run -> {
                assertThat(run.keySet()).containsExactlyInAnyOrderElementsOf(layers);
                assertThat(run.values()).allSatisfy(ns -> assertThat(ns).isNotNegative());
                if (!layers.isEmpty()) {
                    assertThat(run.values().stream().mapToLong(ns -> ns).sum()).isPositive();
                }
            });
        }
    }

    /** Some exporters call the number of tokens as they call that of samples. */
    @Test
    void oneSampleIsTimedWhereAnotherDimHasTheNameOfTheBatch() {
        Net net = new Net(17, false);
        ModelProto proto = net.build(net.linear("fc", net.input("N", "N", 8), 8, 4, true));
        try (CompressibleModel<OnnxModel> model =
                        new OnnxFormat().of(proto, "model", OpenOptions.DEFAULT.withDim("N", 6));
                Stopwatch watch = stopwatch(model);
                Stopwatch two = stopwatch(model, 2)) {
            assertThat(watch.inputs()).endsWith(" [1, 6, 8]");
            assertThat(two.inputs()).endsWith(" [2, 6, 8]");
            assertThat(watch.run()).isPositive();
        }
    }

    private static List<LayerId> ids(CompressibleModel<OnnxModel> model) {
        return model.layers().stream().map(Layer::id).toList();
    }

    private static Stopwatch stopwatch(CompressibleModel<OnnxModel> model) {
        return stopwatch(model, 1);
    }

    private static Stopwatch stopwatch(CompressibleModel<OnnxModel> model, int batch) {
        return model.stopwatch(new TimingConditions(1, batch)).orElseThrow();
    }

    private static List<Replacement> unfitted(CompressibleModel<OnnxModel> model, String form) {
        List<Replacement> replacements = new ArrayList<>();
        Choice choice = Choice.of(form, 2);
        for (Layer layer : model.layers()) {
            Place place = Place.of(layer);
            replacements.add(Unfitted.of(place, choice, FullRank.SCHEMES.blueprint(place, choice), true));
        }
        return replacements;
    }

    /** Convolutions with normalisations and activations behind, and sums of a convolution and of two. */
    private static ModelProto convolutions(int channels) {
        Net net = new Net(17, false);
        String x = net.relu(net.normalised(net.conv("stem", net.input("N", 3, 8, 8), 3, channels, 3, false), channels));
        String inner = net.relu(net.conv("inner", x, channels, channels, 3, true));
        x = net.relu(net.node("Add", List.of(net.conv("outer", inner, channels, channels, 3, true), x)));
        String wide = net.relu(net.normalised(net.conv("wide", x, channels, 2 * channels, 3, false), 2 * channels));
        String last = net.conv("last", wide, 2 * channels, 2 * channels, 1, true);
        String shortcut = net.normalised(net.conv("shortcut", x, channels, 2 * channels, 1, false), 2 * channels);
        x = net.relu(net.node("Add", List.of(last, shortcut)));
        x = net.node("Flatten", List.of(net.node("GlobalAveragePool", List.of(x))));
        return net.build(net.gemm("fc", x, 2 * channels, 5, true));
    }

    /** Products with biases, a Gelu written out, and a sum around them. */
    private static ModelProto products() {
        Net net = new Net(17, false);
        String x = net.linear("embedding", net.input("N", 5, 8), 8, 16, true);
        String wide = net.linear("wide", x, 16, 32, true);
        String erf = net.node("Erf", List.of(net.node("Div", List.of(wide, net.number((float) Math.sqrt(2))))));
        String half = net.node("Mul", List.of(wide, net.node("Add", List.of(erf, net.number(1)))));
        String gelu = net.node("Mul", List.of(half, net.number(0.5f)));
        String sum = net.node("Add", List.of(net.linear("narrow", gelu, 32, 16, true), x));
        return net.build(net.node("LayerNormalization", List.of(sum, net.positive(16), net.weight(16))));
    }

    /** A product of samples whose number has to be as said. */
    private static ModelProto reshaped(Object batch, int samples) {
        Net net = new Net(17, false);
        String x = net.node("Reshape", List.of(net.input(batch, 8), net.longs(samples, 8)));
        return net.build(net.gemm("fc", x, 8, 4, true));
    }

    /** A product in each branch, chosen by what is computed. */
    private static ModelProto branches() {
        return new ModelBuilder()
                .input("x", "N", 8)
                .weight("v", 8, 8)
                .weight("w", 8, 8)
                .stored(ModelBuilder.floats("zero", new float[1]))
                .node("MatMul", "before", List.of("x", "v"), "h")
                .node("ReduceSum", "", List.of("h"), "sum", attribute("keepdims", 0))
                .node("Less", "", List.of("sum", "zero"), "negative")
                .node(
                        "If",
                        "",
                        List.of("negative"),
                        "chosen",
                        attribute("then_branch", productOfH("then")),
                        attribute("else_branch", productOfH("otherwise")))
                .node("MatMul", "after", List.of("chosen", "w"), "y")
                .output("y")
                .build();
    }
}
