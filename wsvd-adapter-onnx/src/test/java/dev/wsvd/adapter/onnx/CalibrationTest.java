package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.calibration.Moments;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.Probe;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.factorization.WeightSvd;
import dev.wsvd.testkit.PredictedErrors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is learnt from inputs of ONNX layers of every kind, and what is not. */
class CalibrationTest {
    static final int SAMPLES = 60;
    private static final OnnxFormat FORMAT = new OnnxFormat();
    private static final LinearAlgebra EJML = new EjmlProvider().create();

    static Stream<Arguments> models() {
        return Stream.of(
                conv("plain", 5, 1, List.of(6, 7), 3, List.of(3L, 3L), true),
                conv("no bias", 5, 1, List.of(6, 7), 3, List.of(3L, 3L), false),
                conv(
                        "strides, uneven pads, dilation, groups",
                        6,
                        2,
                        List.of(9, 8),
                        4,
                        List.of(3L, 2L),
                        true,
                        attribute("strides", List.of(2L, 1L)),
                        attribute("pads", List.of(1L, 0L, 2L, 1L)),
                        attribute("dilations", List.of(1L, 2L)),
                        attribute("group", 2)),
                conv(
                        "same upper",
                        4,
                        1,
                        List.of(7, 6),
                        3,
                        List.of(3L, 4L),
                        true,
                        attribute("auto_pad", "SAME_UPPER"),
                        attribute("strides", List.of(2L, 2L))),
                conv(
                        "same lower",
                        4,
                        1,
                        List.of(7, 6),
                        3,
                        List.of(3L, 4L),
                        true,
                        attribute("auto_pad", "SAME_LOWER"),
                        attribute("strides", List.of(2L, 2L))),
                conv("one dim", 4, 1, List.of(11), 3, List.of(4L), true, attribute("pads", List.of(2L, 1L))),
                conv("three dims", 3, 1, List.of(4, 5, 4), 4, List.of(2L, 3L, 2L), false),
                Arguments.of(
                        "open size",
                        new ModelBuilder()
                                .input("x", "N", 4, "H", "W")
                                .weight("w", 3, 4, 3, 3)
                                .node("Conv", "layer", List.of("x", "w"), "y", attribute("strides", List.of(2L, 2L)))
                                .output("y")
                                .build(),
                        new int[] {4, 9, 10}),
                Arguments.of(
                        "a bias by another name",
                        new ModelBuilder()
                                .input("x", "N", 4, 6, 6)
                                .weight("w", 3, 4, 3, 3)
                                .weight("b", 3)
                                .node("Identity", "same", List.of("b"), "also b")
                                .node("Conv", "layer", List.of("x", "w", "also b"), "y")
                                .output("y")
                                .build(),
                        new int[] {4, 6, 6}),
                Arguments.of(
                        "gemm",
                        new ModelBuilder()
                                .input("x", "N", 9)
                                .weight("w", 7, 9)
                                .weight("c", 7)
                                .node("Gemm", "layer", List.of("x", "w", "c"), "y", attribute("transB", 1))
                                .output("y")
                                .build(),
                        new int[] {9}),
                Arguments.of(
                        "gemm with factors",
                        new ModelBuilder()
                                .input("x", "N", 9)
                                .weight("w", 9, 7)
                                .weight("c", 7)
                                .node(
                                        "Gemm",
                                        "layer",
                                        List.of("x", "w", "c"),
                                        "y",
                                        attribute("alpha", 2f),
                                        attribute("beta", 0.5f))
                                .output("y")
                                .build(),
                        new int[] {9}),
                Arguments.of(
                        "matmul on rows behind an activation",
                        new ModelBuilder()
                                .input("x", "N", 5, 8)
                                .weight("w", 8, 6)
                                .node("Relu", "relu", List.of("x"), "h")
                                .node("MatMul", "layer", List.of("h", "w"), "y")
                                .output("y")
                                .build(),
                        new int[] {5, 8}));
    }

    private static Arguments conv(
            String name,
            int in,
            int groups,
            List<Integer> size,
            int out,
            List<Long> kernel,
            boolean bias,
            AttributeProto... attributes) {
        return conv("Conv", name, in, size, List.of((long) out, (long) in / groups), kernel, out, bias, attributes);
    }

    /** @param channels the first two dims of the weight */
    static Arguments conv(
            String op,
            String name,
            int in,
            List<Integer> size,
            List<Long> channels,
            List<Long> kernel,
            int out,
            boolean bias,
            AttributeProto... attributes) {
        List<Object> dims = new ArrayList<>(List.of("N", in));
        dims.addAll(size);
        long[] weight = Stream.concat(channels.stream(), kernel.stream())
                .mapToLong(k -> k)
                .toArray();
        ModelBuilder builder = new ModelBuilder().input("x", dims.toArray()).weight("w", weight);
        List<String> inputs = new ArrayList<>(List.of("x", "w"));
        if (bias) {
            builder.weight("b", out);
            inputs.add("b");
        }
        int[] sample =
                Stream.concat(Stream.of(in), size.stream()).mapToInt(d -> d).toArray();
        return Arguments.of(
                name,
                builder.node(op, "layer", inputs, "y", attributes).output("y").build(),
                sample);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("models")
    void thePredictedErrorIsTheOneTheEngineShows(String name, ModelProto proto, int[] sample) {
        assertShown(name, proto, sample);
    }

    static void assertShown(String name, ModelProto proto, int[] sample) {
        CompressibleModel<OnnxModel> model = FORMAT.of(proto, name, OpenOptions.DEFAULT);
        Layer layer = model.layers().get(0);
        Map<String, Tensor> inputs = Map.of("x", inputs(sample));
        LayerMoments moments = moments(model, inputs).get(layer.id());

        PredictedErrors.assertShown(model, layer, moments, EJML, split -> outputs(split, inputs));
    }

    @Test
    void samplesThatOnlyFillABatchDoNotCount() {
        Map<String, Tensor> inputs = Map.of("x", inputs(9));
        LayerMoments open = moments(linear("N"), inputs).get(new LayerId("layer"));
        LayerMoments fixed = moments(linear(7), inputs).get(new LayerId("layer"));

        assertThat(fixed.patches()).isEqualTo(open.patches()).isEqualTo(SAMPLES);
        double[] expected = open.groups().get(0).covariance().data();
        double[] found = fixed.groups().get(0).covariance().data();
        for (int i = 0; i < expected.length; i++) {
            assertThat(found[i]).isCloseTo(expected[i], within(1e-9));
        }
    }

    static CompressibleModel<OnnxModel> linear(Object batch) {
        ModelProto proto = new ModelBuilder()
                .input("x", batch, 9)
                .weight("w", 9, 7)
                .node("MatMul", "layer", List.of("x", "w"), "y")
                .output("y")
                .build();
        return FORMAT.of(proto, "linear", OpenOptions.DEFAULT);
    }

    @Test
    void whereNothingCanBeLearntTheWeightsDecide() {
        CompressibleModel<OnnxModel> model = linear("N");
        Layer layer = model.layers().get(0);
        float[] constant = new float[SAMPLES * 9];
        Arrays.fill(constant, 0.1f);
        Map<String, Tensor> same = Map.of("x", Tensor.ofFloats(List.of((long) SAMPLES, 9L), constant));
        LayerMoments moments = moments(model, same).get(layer.id());
        Choice full = Choice.of("output-channel", 7);
        Factors seen = FullRank.factors(model, layer, Optional.of(moments), full);
        Factors unseen = FullRank.factors(model, layer, Optional.empty(), full);

        for (int rank = 1; rank <= 7; rank++) {
            Choice choice = Choice.of("output-channel", rank);
            assertThat(seen.error(choice)).isEqualTo(unseen.error(choice));
        }
    }

    @Test
    void aLayerOfZerosMissesNothing() {
        CompressibleModel<OnnxModel> model = linear("N");
        Layer layer = model.layers().get(0);
        LayerMoments moments = moments(model, Map.of("x", inputs(9))).get(layer.id());
        Weights zeros = Weights.of(layer.weight(), new float[63]);
        for (String form : List.of("input-channel", "output-channel")) {
            Replacement split = new WeightSvd()
                    .factor(layer, zeros, Optional.of(moments), Choice.of(form, 3), EJML)
                    .at(Choice.of(form, 2));
            assertThat(split.predictedError()).isZero();
            assertThat(split.parts().get(1).weights().all()).containsOnly(0f);
        }
    }

    @Test
    void aVeryWideLayerIsLeftToItsWeights() {
        ModelProto proto = new ModelBuilder()
                .input("x", "N", 5000)
                .weight("w", 5000, 3)
                .node("MatMul", "layer", List.of("x", "w"), "y")
                .output("y")
                .build();
        CompressibleModel<OnnxModel> model = FORMAT.of(proto, "wide", OpenOptions.DEFAULT);
        assertThat(moments(model, Map.of("x", inputs(5000)))).isEmpty();
    }

    @Test
    void aReplacedBiasIsNotLeftBehind() {
        ModelProto proto = (ModelProto) models().findFirst().orElseThrow().get()[1];
        CompressibleModel<OnnxModel> model = FORMAT.of(proto, "plain", OpenOptions.DEFAULT);
        Layer layer = model.layers().get(0);
        LayerMoments moments = moments(model, Map.of("x", inputs(5, 6, 7))).get(layer.id());
        Choice choice = Choice.of("input-channel", 2);
        Replacement split =
                FullRank.factors(model, layer, Optional.of(moments), choice).at(choice);

        ModelProto rewritten = model.with(List.of(split)).model().proto();

        assertThat(rewritten.getGraph().getInitializerList())
                .extracting(t -> t.getName())
                .containsExactlyInAnyOrder("layer_svd_a_weight", "layer_svd_b_weight", "layer_svd_b_bias");
        assertThat(rewritten.getGraph().getNodeList())
                .extracting(NodeProto::getOpType)
                .containsExactly("Conv", "Conv");
    }

    @Test
    void productsFromTheLeftAreNotWatched() {
        ModelProto proto = new ModelBuilder()
                .input("x", 6, "N")
                .weight("w", 5, 6)
                .node("MatMul", "left", List.of("w", "x"), "y")
                .output("y")
                .build();
        try (Probe probe = FORMAT.probe(new OnnxModel(proto), List.of(new LayerId("left")))) {
            assertThat(probe.inputs()).isEmpty();
        }
    }

    @Test
    void aLastBatchOfTwoIsLearntFromToo() {
        CompressibleModel<OnnxModel> model = linear("N");
        Tensor many = PredictedErrors.inputs(30_202, 5, 9);
        assertThat(moments(model, Map.of("x", many))
                        .get(model.layers().get(0).id())
                        .patches())
                .isBetween(15_000L, 30_202L);
    }

    @Test
    void layersThatSeeTheSameHaveTheSameMoments() {
        AttributeProto pads = attribute("pads", List.of(1L, 1L, 1L, 1L));
        ModelProto proto = new ModelBuilder()
                .input("x", "N", 3, 6, 7)
                .weight("w", 4, 3, 3, 3)
                .weight("more", 5, 3, 3, 3)
                .node("Conv", "some", List.of("x", "w"), "a", pads)
                .node("Conv", "others", List.of("x", "more"), "b", pads)
                .node("Conv", "apart", List.of("x", "w"), "c", pads, attribute("strides", List.of(2L, 2L)))
                .output("a")
                .output("b")
                .output("c")
                .build();
        CompressibleModel<OnnxModel> model = FORMAT.of(proto, "three", OpenOptions.DEFAULT);
        Map<String, Tensor> inputs = Map.of("x", inputs(3, 6, 7));

        Map<LayerId, LayerMoments> found = moments(model, inputs);

        assertThat(found.keySet()).extracting(LayerId::name).containsExactly("some", "others", "apart");
        assertThat(found.get(new LayerId("others"))).isSameAs(found.get(new LayerId("some")));
        assertThat(found.get(new LayerId("others")).patches()).isEqualTo(SAMPLES * 42L);
        assertThat(found.get(new LayerId("apart")).patches()).isEqualTo(SAMPLES * 12L);
    }

    /** The largest layer of CREPE, a pitch tracker: products of its sizes are beyond an int. */
    @Test
    @Tag("slow")
    void aLongKernelOfManyChannelsIsDecomposedForWhatItSees() {
        ModelProto proto = new ModelBuilder()
                .input("x", "N", 1024, 64)
                .weight("w", 128, 1024, 64)
                .node("Conv", "layer", List.of("x", "w"), "y")
                .output("y")
                .build();
        CompressibleModel<OnnxModel> model = FORMAT.of(proto, "crepe", OpenOptions.DEFAULT);
        Layer layer = model.layers().get(0);
        Map<String, Tensor> inputs = Map.of("x", PredictedErrors.inputs(40, 3, 1024, 64));
        LayerMoments moments = moments(model, inputs).get(layer.id());

        for (String form : List.of("input-channel", "output-channel")) {
            Choice choice = Choice.of(form, 60);
            Factors factors = FullRank.factors(model, layer, Optional.of(moments), choice);
            assertThat(factors.error(choice)).isBetween(0.0, 1.0);
            try (CompressibleModel<OnnxModel> split = model.with(List.of(factors.at(choice)))) {
                assertThat(outputs(split, inputs).shape()).containsExactly(40L, 128L, 1L);
            }
        }
    }

    static Map<LayerId, LayerMoments> moments(CompressibleModel<OnnxModel> model, Map<String, Tensor> inputs) {
        return Moments.of(ArrayActivations.of(FORMAT, ArrayDataset.of(inputs)), model.model(), model.layers(), EJML);
    }

    static Tensor inputs(int... sample) {
        return PredictedErrors.inputs(SAMPLES, 3, sample);
    }

    static Tensor outputs(CompressibleModel<OnnxModel> model, Map<String, Tensor> inputs) {
        try (Predictor predictor = FORMAT.predictor(model.model())) {
            return predictor.run(inputs).get("y");
        }
    }
}
