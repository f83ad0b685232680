package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.CalibrationTest.moments;
import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.layer.Siblings;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.LayerKnowledge;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.factorization.SiblingSplit;
import dev.wsvd.testkit.PredictedErrors;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Layers that read one tensor, however they are written, with one first stage. */
class SiblingSplitGridTest {
    private static final SiblingSplit SPLIT = new SiblingSplit();
    private static final LinearAlgebra EJML = new EjmlProvider().create();
    private static final int D = 6;

    @TempDir
    private static Path folder;

    private record Form(String name, long opset, Object[] input, BiFunction<Net, String, List<String>> build) {}

    private static final Object[] TOKENS = {"N", 4, D};
    private static final Object[] VECTORS = {"N", D};
    private static final Object[] IMAGES = {"N", D, 5, 5};

    private static List<Form> forms() {
        return List.of(
                new Form(
                        "products",
                        17,
                        TOKENS,
                        (net, x) -> List.of(
                                net.linear("a", x, D, 5, true),
                                net.linear("b", x, D, 5, false),
                                net.linear("c", x, D, 5, true))),
                new Form(
                        "gemms",
                        17,
                        VECTORS,
                        (net, x) -> List.of(net.gemm("a", x, D, 5, true), net.gemm("b", x, D, 5, false))),
                new Form(
                        "gemms of an early version",
                        9,
                        VECTORS,
                        (net, x) -> List.of(net.gemm("a", x, D, 5, true), net.gemm("b", x, D, 5, true))),
                new Form(
                        "gemms, one of them scaled",
                        13,
                        VECTORS,
                        (net, x) -> List.of(
                                net.named(
                                        "a",
                                        "Gemm",
                                        List.of(x, net.weight(D, 5), net.weight(5)),
                                        attribute("alpha", 0.5f),
                                        attribute("beta", 2f)),
                                net.gemm("b", x, D, 5, true))),
                new Form(
                        "weights on the left",
                        17,
                        new Object[] {"N", D, 4},
                        (net, x) -> List.of(
                                net.named("a", "MatMul", List.of(net.weight(5, D), x)),
                                net.named("b", "MatMul", List.of(net.weight(5, D), x)))),
                new Form(
                        "pointwise convolutions",
                        17,
                        IMAGES,
                        (net, x) -> List.of(net.conv("a", x, D, 5, 1, true), net.conv("b", x, D, 5, 1, false))),
                new Form(
                        "convolutions",
                        17,
                        IMAGES,
                        (net, x) -> List.of(net.conv("a", x, D, 5, 3, true), net.conv("b", x, D, 5, 3, true))),
                new Form(
                        "transposed convolutions",
                        17,
                        IMAGES,
                        (net, x) -> List.of(spread(net, "a", x), spread(net, "b", x))),
                new Form(
                        "convolutions with stride",
                        17,
                        IMAGES,
                        (net, x) -> List.of(strided(net, "a", x), strided(net, "b", x))));
    }

    private static String spread(Net net, String name, String x) {
        return net.named(
                name, "ConvTranspose", List.of(x, net.weight(D, 5, 3, 3)), attribute("strides", List.of(2L, 2L)));
    }

    private static String strided(Net net, String name, String x) {
        return net.named(
                name,
                "Conv",
                List.of(x, net.weight(5, D, 3, 3)),
                attribute("strides", List.of(2L, 2L)),
                attribute("pads", List.of(1L, 1L, 1L, 1L)));
    }

    /** Others stand between them, so that the first stage is not where all others are. */
    private static ModelProto built(Net net, Form form) {
        List<String> outputs = form.build().apply(net, net.input(form.input()));
        String sum = net.node("Relu", List.of(outputs.get(0)));
        for (String output : outputs.subList(1, outputs.size())) {
            sum = net.node("Add", List.of(sum, output));
        }
        return net.build(sum);
    }

    @TestFactory
    Stream<DynamicTest> float32() {
        return forms().stream().map(form -> test(form, false));
    }

    @TestFactory
    Stream<DynamicTest> float16() {
        return forms().stream().filter(form -> form.opset() == 17).map(form -> test(form, true));
    }

    private static DynamicTest test(Form form, boolean half) {
        return DynamicTest.dynamicTest(form.name(), () -> assertExact(built(new Net(form.opset(), half), form), half));
    }

    private static Place place(CompressibleModel<OnnxModel> model) {
        Siblings siblings = model.siblings().get(0);
        return new Place(siblings.layer(), Optional.empty(), Optional.of(siblings));
    }

    private static LayerKnowledge known(CompressibleModel<OnnxModel> model, Map<LayerId, LayerMoments> moments) {
        return LayerKnowledge.of(model, layer -> Optional.ofNullable(moments.get(layer)));
    }

    private static Replacement split(
            CompressibleModel<OnnxModel> model, Map<LayerId, LayerMoments> moments, Choice choice) {
        return SPLIT.factor(place(model), known(model, moments), choice, EJML).at(choice);
    }

    private static Choice rank(int rank) {
        return Choice.of("sibling-split", rank);
    }

    private static void assertExact(ModelProto proto, boolean half) {
        CompressibleModel<OnnxModel> model = FullRank.open(proto);
        assertThat(model.siblings()).hasSize(1);
        List<LayerId> names =
                model.siblings().get(0).layers().stream().map(Layer::id).toList();
        assertThat(names).isEqualTo(model.layers().stream().map(Layer::id).toList());
        Map<String, Tensor> inputs = FullRank.inputs(model.model());

        Replacement replacement = split(model, Map.of(), rank(D));
        CompressibleModel<OnnxModel> split = model.with(List.of(replacement));

        FullRank.assertSame(
                FullRank.run(split.model(), inputs), FullRank.run(model.model(), inputs), half ? 5e-3 : 1e-4);
        assertThat(split.layers()).hasSize(names.size() + 1);
        assertThat(split.stagesOf(names.get(0))).hasSize(2);
        assertThat(split.stagesOf(names.get(1))).hasSize(1);
        assertPlanned(model, split, rank(D));
        assertThat(split.siblings()).as("what reads what the first stage gives").hasSize(1);
        Path file = folder.resolve("split.onnx");
        split.save(file);
        try (CompressibleModel<OnnxModel> again = FullRank.FORMAT.open(file, OpenOptions.DEFAULT)) {
            FullRank.assertSame(FullRank.run(again.model(), inputs), FullRank.run(split.model(), inputs), 0);
            assertThat(again.layers()).isEqualTo(split.layers());
            assertThat(again.model().proto().getMetadataPropsList())
                    .anyMatch(entry -> entry.getValue()
                            .equals("[{\"name\":\"a\",\"unfolding\":\"sibling-split\",\"rank\":" + D + "}]"));
        }
    }

    /** The model has what the plan counts on. */
    private static void assertPlanned(
            CompressibleModel<OnnxModel> model, CompressibleModel<OnnxModel> split, Choice choice) {
        assertThat(split.layers())
                .extracting(Layer::sized)
                .containsExactlyInAnyOrderElementsOf(SPLIT.blueprint(place(model), choice).stages().values().stream()
                        .flatMap(List::stream)
                        .toList());
    }

    @Test
    void belowFullRankOutputsMissWhatIsPredicted() {
        ModelBuilder builder =
                new ModelBuilder().input("x", "N", 12).output("a").output("b").output("c");
        for (String name : List.of("a", "b", "c")) {
            builder.weight("w" + name, 12, 8).weight("bias" + name, 8);
            builder.node("Gemm", name, List.of("x", "w" + name, "bias" + name), name);
        }
        CompressibleModel<OnnxModel> model = FullRank.open(builder.build());
        Map<String, Tensor> inputs = Map.of("x", PredictedErrors.inputs(3_000, 5, 12));
        Map<LayerId, LayerMoments> moments = moments(model, inputs);
        Map<String, Tensor> expected = FullRank.run(model.model(), inputs);
        for (int r = 1; r < 12; r += 3) {
            Replacement replacement = split(model, moments, rank(r));

            Map<String, Tensor> found =
                    FullRank.run(model.with(List.of(replacement)).model(), inputs);

            double mean = model.layers().stream()
                    .mapToDouble(layer -> PredictedErrors.relativeError(
                            layer,
                            expected.get(layer.id().name()),
                            found.get(layer.id().name())))
                    .map(error -> error * error)
                    .average()
                    .orElseThrow();
            assertThat(Math.sqrt(mean)).isCloseTo(replacement.predictedError(), within(1e-3));
        }
    }

    /** Two layers of one stored weight are replaced as such layers are by other splits. */
    @Test
    void aWeightOfTwoSiblingsIsStoredOnce() {
        Net net = new Net(17, false);
        String x = net.input("N", 4, D);
        String w = net.weight(D, 5);
        ModelProto proto = net.build(net.node(
                "Add", List.of(net.named("a", "MatMul", List.of(x, w)), net.named("b", "MatMul", List.of(x, w)))));
        CompressibleModel<OnnxModel> model = FullRank.open(proto);
        Map<String, Tensor> inputs = FullRank.inputs(model.model());

        CompressibleModel<OnnxModel> split = model.with(List.of(split(model, Map.of(), rank(5))));

        FullRank.assertSame(FullRank.run(split.model(), inputs), FullRank.run(model.model(), inputs), 1e-4);
        assertThat(split.layers()).hasSize(3);
    }

    @Test
    void onlyWhatReadsAlikeIsASibling() {
        Net net = new Net(17, false);
        String x = net.input("N", D, 5, 5);
        String depthwise = net.named(
                "depthwise",
                "Conv",
                List.of(x, net.weight(D, 1, 3, 3)),
                attribute("group", D),
                attribute("pads", List.of(1L, 1L, 1L, 1L)));
        String sum = net.node(
                "Concat",
                List.of(
                        net.conv("wide", x, D, 5, 3, true),
                        net.conv("pointwise", x, D, 5, 1, true),
                        net.conv("other", net.node("Relu", List.of(x)), D, 5, 1, true),
                        depthwise),
                attribute("axis", 1));

        assertThat(FullRank.open(net.build(sum)).siblings()).isEmpty();
    }

    /** A plan made for one model does not share a stage in one where the layers read different tensors. */
    @Test
    void layersThatReadDifferentTensorsCannotShare() {
        CompressibleModel<OnnxModel> alike = FullRank.open(built(new Net(17, false), forms().get(0)));
        Net net = new Net(17, false);
        String x = net.input("N", 4, D);
        String y = net.node("Relu", List.of(x));
        String sum = net.node("Add", List.of(net.linear("a", x, D, 5, true), net.linear("b", y, D, 5, true)));
        CompressibleModel<OnnxModel> other =
                FullRank.open(net.build(net.node("Add", List.of(sum, net.linear("c", x, D, 5, true)))));

        assertThatThrownBy(() -> other.with(List.of(split(alike, Map.of(), rank(2)))))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The layers that are split with 'a' do not read one tensor in the same way in this model,"
                        + " so that they can share no stage.");
    }
}
