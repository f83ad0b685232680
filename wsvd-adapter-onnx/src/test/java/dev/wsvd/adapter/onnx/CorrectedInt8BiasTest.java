package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.domain.quantization.Quantization.Mode;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.quantization.ModelQuantizer;
import dev.wsvd.quantization.QuantizationResult;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Biases that make up for weights all of which round the same way. */
class CorrectedInt8BiasTest {
    private static final int IN = 6;
    private static final int OUT = 4;

    /** Means of what is between layers are not zero, so that a weight that is rounded up shifts what follows. */
    private static Map<String, Tensor> positive(int seed, long samples) {
        Tensor numbers = Int8Nets.gaussian(seed, samples, (long) IN, 5L, 5L).get("x");
        float[] values = new float[(int) numbers.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (1 + 0.3 * numbers.getDouble(i));
        }
        return Map.of("x", Tensor.ofFloats(numbers.shape(), values));
    }

    /** Weights of 0.6 steps, one of 63, of seven bits each. */
    private static float[] roundedUp(int out, int in) {
        float[] values = new float[out * in];
        Arrays.fill(values, 0.6f / 63);
        for (int i = 0; i < out; i++) {
            values[i * in] = 1;
        }
        return values;
    }

    private static ModelProto network(boolean bias) {
        ModelBuilder builder = new ModelBuilder()
                .input("x", "N", IN, 5, 5)
                .stored(ModelBuilder.floats("w", roundedUp(OUT, IN), OUT, IN, 1, 1))
                .stored(ModelBuilder.floats("v", roundedUp(3, OUT * 25), 3, OUT * 25))
                .weight("b", OUT)
                .weight("c", 3)
                .node("Conv", "conv", bias ? List.of("x", "w", "b") : List.of("x", "w"), "h")
                .node("Relu", "relu", List.of("h"), "r")
                .node("Flatten", "flatten", List.of("r"), "f")
                .node("Gemm", "fc", bias ? List.of("f", "v", "c") : List.of("f", "v"), "y", attribute("transB", 1))
                .output("y");
        return builder.build();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void comesNearer(boolean bias) {
        try (CompressibleModel<OnnxModel> model = FullRank.open(network(bias));
                QuantizationResult<OnnxModel> without = quantized(model, false);
                QuantizationResult<OnnxModel> with = quantized(model, true)) {
            assertThat(without.biasCorrected()).isFalse();
            assertThat(with.biasCorrected()).isTrue();
            assertThat(without.quantization().layers())
                    .allSatisfy(layer -> assertThat(layer.bias()).isEmpty());
            assertThat(with.quantization().layers())
                    .hasSize(2)
                    .allSatisfy(layer -> assertThat(layer.bias()).isPresent());

            Map<String, Tensor> inputs = positive(2, 50);
            assertThat(Int8Nets.sqnr(with.model(), model, inputs))
                    .isGreaterThan(Int8Nets.sqnr(without.model(), model, inputs) + 6);
        }
    }

    private static QuantizationResult<OnnxModel> quantized(CompressibleModel<OnnxModel> model, boolean corrected) {
        return ModelQuantizer.of(model)
                .mode(Mode.STATIC)
                .calibration(Int8Nets.samples(positive(1, 100)))
                .sevenBits(true)
                .equalize(false)
                .correctBias(corrected)
                .quantize();
    }
}
