package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Batch normalisations that become part of the convolutions before them. */
class FoldedNormsTest {
    private static final List<String> NORM = List.of("h", "gamma", "beta", "mean", "variance");

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void computeTheSame(boolean bias) {
        Net net = new Net(17, false);
        String x = net.normalised(net.conv("first", net.input("N", 3, 6, 6), 3, 5, 3, bias), 5);
        x = net.node("Relu", List.of(x));
        net.builder().graph().addValueInfo(ModelBuilder.value("first_out", net.type(), "N", 5, 6, 6));
        String grouped = net.named("grouped", "Conv", List.of(x, net.weight(10, 1, 3, 3)), attribute("group", 5));
        ModelProto proto = net.build(net.normalised(grouped, 10));

        assertAllFolded(proto);
    }

    /** The least that is added to variances matters where these are small. */
    @Test
    void addEpsilonToVariances() {
        ModelBuilder builder = builder(List.of("x", "w"));
        builder.stored(ModelBuilder.floats("variance", new float[] {1e-3f, 0, 0.5f}, 3));
        ModelProto proto = builder.node("BatchNormalization", "norm", NORM, "y", attribute("epsilon", 0.01f))
                .output("y")
                .build();

        assertAllFolded(proto);
    }

    @Test
    void leaveWeightsThatOthersReadAsTheyAre() {
        Net net = new Net(17, false);
        String w = net.weight(4, 4, 1, 1);
        String first = net.normalised(net.named("first", "Conv", List.of(net.input("N", 4, 5, 5), w)), 4);
        ModelProto proto = net.build(net.named("second", "Conv", List.of(first, w)));

        assertAllFolded(proto);
    }

    @Test
    void areFoldedOnce() {
        Net net = new Net(17, false);
        String x = net.normalised(net.conv("first", net.input("N", 3, 6, 6), 3, 5, 3, false), 5);
        ModelProto proto = net.build(net.normalised(x, 5));

        ModelProto folded = assertTheSame(proto);
        assertThat(Int8Nets.operators(folded)).containsExactly("Conv", "BatchNormalization", "Identity");
    }

    @Test
    void aConvolutionWithoutANameIsCalledAsBefore() {
        ModelBuilder builder = builder(List.of("x", "w", "b"));
        builder.graph().getNodeBuilder(0).clearName();
        ModelProto proto = builder.weight("b", 3)
                .stored(positive())
                .node("BatchNormalization", "norm", NORM, "y")
                .output("y")
                .build();

        assertAllFolded(proto);
    }

    @Test
    void aConvolutionWithoutChannelsIsNoReasonToFail() {
        ModelProto proto = new ModelBuilder()
                .input("x", "N", 4, 5, 5)
                .weight("w", 0, 4, 1, 1)
                .stored(ModelBuilder.floats("none", new float[0], 0))
                .node("Conv", "conv", List.of("x", "w"), "h")
                .node("BatchNormalization", "norm", List.of("h", "none", "none", "none", "none"), "n")
                .node("Relu", "relu", List.of("x"), "y")
                .output("y")
                .build();

        try (CompressibleModel<OnnxModel> model = FullRank.open(proto)) {
            assertThat(model.quantizable().model().model().proto().getGraph().getNodeCount())
                    .isEqualTo(3);
        }
    }

    static Stream<Arguments> unfolded() {
        return Stream.of(
                Arguments.of(
                        "the convolution is read twice",
                        builder(List.of("x", "w"))
                                .stored(positive())
                                .node("BatchNormalization", "norm", NORM, "n")
                                .node("Add", "sum", List.of("n", "h"), "y")),
                Arguments.of(
                        "the convolution is an output",
                        builder(List.of("x", "w"))
                                .stored(positive())
                                .node("BatchNormalization", "norm", NORM, "y")
                                .output("h")),
                Arguments.of(
                        "its numbers are computed",
                        builder(List.of("x", "w")).input("variance", 3).node("BatchNormalization", "norm", NORM, "y")),
                Arguments.of(
                        "the bias is computed",
                        builder(List.of("x", "w", "b"))
                                .input("b", 3)
                                .stored(positive())
                                .node("BatchNormalization", "norm", NORM, "y")),
                Arguments.of(
                        "the weight is computed",
                        builder(List.of("x", "v"))
                                .input("v", 3, 4, 3, 3)
                                .stored(positive())
                                .node("BatchNormalization", "norm", NORM, "y")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("unfolded")
    void stayWhere(String why, ModelBuilder builder) {
        ModelProto proto = builder.output("y").build();
        try (CompressibleModel<OnnxModel> model = FullRank.open(proto)) {
            assertThat(model.quantizable().model().model().proto()).as(why).isEqualTo(proto);
        }
    }

    /** Up to the variances. */
    private static ModelBuilder builder(List<String> operands) {
        return new ModelBuilder()
                .input("x", "N", 4, 5, 5)
                .weight("w", 3, 4, 3, 3)
                .weight("gamma", 3)
                .weight("beta", 3)
                .weight("mean", 3)
                .node("Conv", "conv", operands, "h");
    }

    private static TensorProto positive() {
        return ModelBuilder.floats("variance", new float[] {0.5f, 1, 2}, 3);
    }

    private static void assertAllFolded(ModelProto proto) {
        List<String> operators = new ArrayList<>(Int8Nets.operators(proto));
        operators.removeIf("BatchNormalization"::equals);
        assertThat(Int8Nets.operators(assertTheSame(proto))).isEqualTo(operators);
    }

    private static ModelProto assertTheSame(ModelProto proto) {
        try (CompressibleModel<OnnxModel> model = FullRank.open(proto)) {
            CompressibleModel<OnnxModel> folded = model.quantizable().model();
            assertThat(Int8Nets.names(folded)).isEqualTo(Int8Nets.names(model));
            Map<String, Tensor> inputs = FullRank.inputs(model.model());
            FullRank.assertSame(FullRank.run(folded.model(), inputs), FullRank.run(model.model(), inputs), 1e-5);
            return folded.model().proto();
        }
    }
}
