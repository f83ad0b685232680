package dev.wsvd.adapter.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.quantization.Quantization.Mode;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.quantization.ModelQuantizer;
import dev.wsvd.quantization.QuantizationResult;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the outputs of layers in int8 miss. */
class Int8OutputErrorsTest {
    private static final int CHANNELS = 3;

    @Test
    void ofTheLastLayerItIsTheErrorOfTheNetwork() {
        ModelProto proto = new ModelBuilder()
                .input("x", "N", 8)
                .weight("v", 8, 8)
                .weight("w", 8, CHANNELS)
                .weight("b", CHANNELS)
                .node("Gemm", "first", List.of("x", "v"), "h")
                .node("Gemm", "last", List.of("h", "w", "b"), "y")
                .output("y")
                .build();
        Map<String, Tensor> inputs = Int8Nets.gaussian(1, 40L, 8L);
        try (CompressibleModel<OnnxModel> model = FullRank.open(proto);
                QuantizationResult<OnnxModel> result = ModelQuantizer.of(model)
                        .mode(Mode.STATIC)
                        .calibration(Int8Nets.samples(inputs))
                        .reportErrorsOn(Int8Nets.samples(inputs))
                        .quantize()) {
            Tensor y = FullRank.run(model.model(), inputs).get("y");
            Tensor rounded = FullRank.run(result.model().model(), inputs).get("y");

            assertThat(result.outputErrors()).containsOnlyKeys(new LayerId("first"), new LayerId("last"));
            assertThat(result.outputErrors().get(new LayerId("last")))
                    .isPositive()
                    .isCloseTo(error(y, rounded), within(1e-6));
        }
    }

    /** √(Σ‖y − y′‖² / Σ‖y − ȳ‖²). */
    private static double error(Tensor y, Tensor other) {
        double[] means = new double[CHANNELS];
        for (int i = 0; i < y.elements(); i++) {
            means[i % CHANNELS] += y.getDouble(i) * CHANNELS / y.elements();
        }
        double missed = 0;
        double all = 0;
        for (int i = 0; i < y.elements(); i++) {
            missed += Math.pow(y.getDouble(i) - other.getDouble(i), 2);
            all += Math.pow(y.getDouble(i) - means[i % CHANNELS], 2);
        }
        return Math.sqrt(missed / all);
    }

    /** Also behind normalisations that are folded, channels that are scaled, and where biases stand behind. */
    @Test
    void layersThatStayFloatHaveNone() {
        Net net = new Net(17, false);
        String x = net.relu(net.normalised(net.conv("stem", net.input("N", 3, 12, 12), 3, 16, 3, false), 16));
        x = net.relu(net.conv("inner", x, 16, 16, 3, true));
        x = net.relu(net.conv("outer", x, 16, 8, 3, true));
        x = net.node("Flatten", List.of(net.node("GlobalAveragePool", List.of(x))));
        x = net.relu(net.linear("fc", x, 8, 7, true));
        ModelProto proto = net.build(net.gemm("last", x, 7, 5, true));
        LayerId inner = new LayerId("inner");
        try (CompressibleModel<OnnxModel> model = FullRank.open(proto)) {
            for (Mode mode : Mode.values()) {
                try (QuantizationResult<OnnxModel> result = Int8Nets.quantizer(model)
                        .mode(mode)
                        .ignore(layer -> layer.id().equals(inner))
                        .reportErrorsOn(Int8Nets.samples(Int8Nets.INPUTS))
                        .quantize()) {
                    assertThat(result.outputErrors())
                            .containsOnlyKeys(
                                    result.quantization().byId().keySet().toArray(LayerId[]::new))
                            .hasSize(mode == Mode.STATIC ? 4 : 2);
                    assertThat(result.outputErrors().values())
                            .allSatisfy(error -> assertThat(error).isBetween(1e-4, 0.1));
                }
            }
        }
    }
}
