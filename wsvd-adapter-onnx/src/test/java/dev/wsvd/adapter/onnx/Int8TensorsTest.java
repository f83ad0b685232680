package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.Int8Nets.INPUTS;
import static dev.wsvd.adapter.onnx.Int8Nets.quantizer;
import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.quantization.ModelQuantizer;
import dev.wsvd.quantization.QuantizationResult;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What lies between the layers of small convolutional networks, and what goes in and out of them, in int8. */
class Int8TensorsTest {
    /** What is an output and feeds another layer is int8 in between, and float outside. */
    @Test
    void outputsInsideKeepTheirNames() {
        ModelProto proto = new ModelBuilder()
                .input("x", "N", 3, 12, 12)
                .weight("v", 8, 3, 3, 3)
                .weight("w", 4, 8, 1, 1)
                .node("Conv", "", List.of("x", "v"), "h")
                .node("Conv", "second", List.of("h", "w"), "y")
                .node("Relu", "relu", List.of("h"), "r")
                .output("h")
                .output("y")
                .output("r")
                .build();
        try (CompressibleModel<OnnxModel> model = FullRank.open(proto);
                QuantizationResult<OnnxModel> result = quantizer(model).quantize()) {
            assertThat(Int8Nets.names(result.model())).containsExactly("h", "second");
            assertThat(Int8Nets.sqnr(result.model(), model, INPUTS)).isGreaterThan(30);
        }
    }

    @Test
    void anInputThatIsAnOutputStaysAsItIs() {
        ModelProto proto = new ModelBuilder()
                .input("x", "N", 3, 12, 12)
                .weight("w", 4, 3, 1, 1)
                .node("Conv", "conv", List.of("x", "w"), "y")
                .output("x")
                .output("y")
                .build();
        try (CompressibleModel<OnnxModel> model = FullRank.open(proto);
                QuantizationResult<OnnxModel> result = quantizer(model).quantize()) {
            FullRank.assertSame(
                    Map.of("x", FullRank.run(result.model().model(), INPUTS).get("x")), INPUTS, 0);
            assertThat(Int8Nets.sqnr(result.model(), model, INPUTS)).isGreaterThan(30);
        }
    }

    /** Where concatenated tensors, products and values that are moved meet. */
    @Test
    void whatIsBetweenLayersIsRightToo() {
        Net net = new Net(17, false);
        String x = net.input("N", 3, 12, 12);
        String a = net.relu(net.conv("a", x, 3, 8, 3, true));
        String b = net.node("LeakyRelu", List.of(net.conv("b", x, 3, 8, 1, true)), attribute("alpha", 0.1f));
        String both = net.node("Concat", List.of(a, b), attribute("axis", 1));
        String gate = net.node("Sigmoid", List.of(net.conv("gate", both, 16, 16, 1, true)));
        String gated = net.node("Mul", List.of(both, gate));
        String pooled = net.node(
                "AveragePool",
                List.of(gated),
                attribute("kernel_shape", List.of(2L, 2L)),
                attribute("strides", List.of(2L, 2L)));
        String turned = net.node("Transpose", List.of(pooled), attribute("perm", List.of(0L, 2L, 3L, 1L)));
        String product = net.linear("product", turned, 16, 6, true);
        String back = net.node("Transpose", List.of(product), attribute("perm", List.of(0L, 3L, 1L, 2L)));
        ModelProto proto = net.build(net.node("Mul", List.of(net.conv("tail", back, 6, 4, 3, false), net.number(3))));
        try (CompressibleModel<OnnxModel> model = FullRank.open(proto);
                QuantizationResult<OnnxModel> result = quantizer(model).quantize()) {
            assertThat(result.quantization().layers()).hasSize(5);
            assertThat(Int8Nets.names(result.model())).isEqualTo(Int8Nets.names(model));
            assertThat(Int8Nets.sqnr(result.model(), model, INPUTS)).isGreaterThan(25);
        }
    }

    /** As normalisations leave them of channels that are off: steps of such weights are too small for 32 bits of a bias. */
    @ParameterizedTest
    @CsvSource({"1e-6, 1", "1e-10, 1", "1e-20, 1", "0, 1", "0, 1000"})
    void channelsOfNearlyNoWeightKeepTheirBias(float share, float gain) {
        float[] values = new float[4 * 3 * 9];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(i) * (i < 3 * 9 ? share : 1) / gain;
        }
        ModelProto proto = new ModelBuilder()
                .input("x", "N", 3, 12, 12)
                .stored(ModelBuilder.floats("w", values, 4, 3, 3, 3))
                .stored(ModelBuilder.floats("b", new float[] {-10, 0, 1, 2}, 4))
                .stored(ModelBuilder.floats("gain", new float[] {gain}))
                .node("Mul", "louder", List.of("x", "gain"), "l")
                .node("Conv", "conv", List.of("l", "w", "b"), "h")
                .node("Split", "split", List.of("h", "sizes"), "off", attribute("axis", 1))
                .stored(ModelBuilder.longs("sizes", new long[] {1, 3}, 2))
                .output("off")
                .output("on")
                .build();
        ModelProto.Builder split = proto.toBuilder();
        split.getGraphBuilder().getNodeBuilder(2).addOutput("on");
        try (CompressibleModel<OnnxModel> model = FullRank.open(split.build());
                QuantizationResult<OnnxModel> result = quantizer(model).quantize()) {
            assertThat(Int8Nets.sqnr(result.model(), model, INPUTS)).isGreaterThan(30);
        }
    }

    @Test
    void convolutionsHaveOneToThreeDims() {
        for (List<Long> dims : List.of(List.of(9L), List.of(9L, 8L), List.of(5L, 6L, 7L))) {
            Long[] shape = Stream.concat(Stream.of(10L, 4L), dims.stream()).toArray(Long[]::new);
            Object[] declared = Stream.concat(Stream.of("N", 4L), dims.stream()).toArray();
            long[] weight = Stream.concat(Stream.of(6L, 4L), dims.stream().map(size -> 3L))
                    .mapToLong(size -> size)
                    .toArray();
            Net net = new Net(17, false);
            String x = net.named("conv", "Conv", List.of(net.input(declared), net.weight(weight), net.weight(6)));
            ModelProto proto = net.build(net.node("Relu", List.of(x)));
            Map<String, Tensor> inputs = Int8Nets.gaussian(3, shape);
            try (CompressibleModel<OnnxModel> model = FullRank.open(proto);
                    QuantizationResult<OnnxModel> result = ModelQuantizer.of(model)
                            .calibration(Int8Nets.samples(inputs))
                            .quantize()) {
                assertThat(Int8Nets.sqnr(result.model(), model, inputs))
                        .as(dims + " dims")
                        .isGreaterThan(30);
            }
        }
    }

    @Test
    void aBatchOfOneStays() {
        Net net = new Net(17, false);
        String x = net.relu(net.conv("first", net.input(1, 3, 12, 12), 3, 8, 3, true));
        ModelProto proto = net.build(net.conv("second", x, 8, 4, 3, true));
        try (CompressibleModel<OnnxModel> model = FullRank.open(proto);
                QuantizationResult<OnnxModel> result = quantizer(model).quantize()) {
            Map<String, Tensor> one = Int8Nets.gaussian(2, 1L, 3L, 12L, 12L);
            assertThat(result.quantization().layers()).hasSize(2);
            assertThat(Int8Nets.sqnr(result.model(), model, one)).isGreaterThan(30);
        }
    }

    @Test
    void infiniteNumbersInsideAreRefused() {
        Net net = new Net(17, false);
        String log = net.node("Log", List.of(net.node("Relu", List.of(net.input("N", 3, 12, 12)))));
        ModelProto proto = net.build(net.conv("conv", log, 3, 4, 1, true));
        try (CompressibleModel<OnnxModel> model = FullRank.open(proto)) {
            assertThatThrownBy(() -> quantizer(model).quantize())
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageStartingWith("The tensor 'Log1_out' is -Infinity … ")
                    .hasMessageEndingWith(" on the calibration inputs; int8 needs finite numbers.");
        }
    }
}
