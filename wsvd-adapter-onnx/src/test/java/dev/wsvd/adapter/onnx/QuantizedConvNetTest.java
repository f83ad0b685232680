package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.Int8Nets.INPUTS;
import static dev.wsvd.adapter.onnx.Int8Nets.quantizer;
import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnxruntime.OrtException;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.quantization.Quantization;
import dev.wsvd.domain.quantization.Quantization.Mode;
import dev.wsvd.domain.quantization.QuantizedLayer;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.Quantizable;
import dev.wsvd.quantization.ModelQuantizer;
import dev.wsvd.quantization.QuantizationResult;
import dev.wsvd.quantization.RangeMethod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Convolutional networks in int8 with ranges that are known before. */
class QuantizedConvNetTest {
    @TempDir
    Path folder;

    /** With and without biases and normalisations, a sum around two convolutions, groups, and a Gemm behind a pool. */
    private static ModelProto network() {
        Net net = new Net(17, false);
        String stem = net.conv("stem", net.input("N", 3, 12, 12), 3, 16, 3, false);
        String x = net.relu(net.normalised(stem, 16));
        String inner = net.relu(net.conv("inner", x, 16, 16, 3, true));
        String outer = net.normalised(net.conv("outer", inner, 16, 16, 3, false), 16);
        x = net.relu(net.node("Add", List.of(outer, x)));
        x = net.relu(net.named(
                "grouped", "Conv", List.of(x, net.weight(16, 8, 3, 3), net.weight(16)), attribute("group", 2)));
        x = net.named("depthwise", "Conv", List.of(x, net.weight(16, 1, 3, 3)), attribute("group", 16));
        x = net.node("Clip", List.of(x, net.number(0), net.number(6)));
        x = net.node("MaxPool", List.of(x), attribute("kernel_shape", List.of(2L, 2L)));
        x = net.relu(net.conv("last", x, 16, 24, 1, false));
        x = net.node("Flatten", List.of(net.node("GlobalAveragePool", List.of(x))));
        return net.build(net.gemm("fc", x, 24, 5, true));
    }

    @ParameterizedTest
    @EnumSource(RangeMethod.class)
    void computesNearlyTheSame(RangeMethod ranges) {
        try (CompressibleModel<OnnxModel> model = FullRank.open(network());
                QuantizationResult<OnnxModel> result =
                        quantizer(model).ranges(ranges).quantize()) {
            assertThat(result.quantization().mode()).isEqualTo(Mode.STATIC);
            assertThat(result.quantization().byId().keySet())
                    .extracting(LayerId::name)
                    .isEqualTo(Int8Nets.names(model));
            assertThat(result.kept()).isEmpty();
            assertThat(Int8Nets.sqnr(result.model(), model, INPUTS)).isBetween(25.0, 60.0);
        }
    }

    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false"})
    void computesNearlyTheSameWithoutSomeSteps(boolean equalize, boolean correctBias) {
        try (CompressibleModel<OnnxModel> model = FullRank.open(network());
                QuantizationResult<OnnxModel> result = quantizer(model)
                        .equalize(equalize)
                        .correctBias(correctBias)
                        .quantize()) {
            assertThat(Int8Nets.sqnr(result.model(), model, INPUTS)).isGreaterThan(25);
            if (!correctBias) {
                assertThat(result.biasCorrected()).isFalse();
            }
        }
    }

    @Test
    void scaledChannelsComputeTheSame() {
        try (CompressibleModel<OnnxModel> model = FullRank.open(network())) {
            Quantizable<OnnxModel> quantizable = model.quantizable();
            Quantizable.Chain chain = quantizable.chains().get(0);
            assertThat(quantizable.chains()).hasSize(1);
            assertThat(List.of(chain.first().name(), chain.second().name())).containsExactly("inner", "outer");

            Weights first = quantizable.model().weights(chain.first());
            Weights second = quantizable.model().weights(chain.second());
            float[] rows = first.all().clone();
            float[] bias = quantizable.model().bias(chain.first()).orElseThrow().clone();
            float[] columns = second.all().clone();
            for (int i = 0; i < rows.length; i++) {
                rows[i] *= 1 + i / (16 * 9);
                columns[i] /= 1 + i / 9 % 16;
            }
            for (int i = 0; i < bias.length; i++) {
                bias[i] *= 1 + i;
            }
            Quantizable<OnnxModel> scaled = quantizable.reweighted(
                    Map.of(
                            chain.first(), Weights.of(first.shape(), rows),
                            chain.second(), Weights.of(second.shape(), columns)),
                    Map.of(chain.first(), bias));

            assertThat(scaled.model().weights(chain.first()).all()).isEqualTo(rows);
            FullRank.assertSame(
                    FullRank.run(scaled.model().model(), INPUTS), FullRank.run(model.model(), INPUTS), 1e-5);
        }
    }

    @Test
    void isComputedInInt8ByTheEngine() throws IOException, OrtException {
        try (CompressibleModel<OnnxModel> model = FullRank.open(network());
                QuantizationResult<OnnxModel> result = quantizer(model).quantize()) {
            List<String> operators = Int8Nets.optimised(result.model().model().proto(), folder);

            assertThat(operators)
                    .contains("QLinearConv", "QLinearAdd", "QLinearGlobalAveragePool", "QGemm")
                    .doesNotContain("Conv", "FusedConv", "Gemm", "Add", "Relu", "Clip", "BatchNormalization");
            assertThat(operators.stream().filter("QLinearConv"::equals)).hasSize(6);
            assertThat(operators.stream().filter("QuantizeLinear"::equals))
                    .as("the model's input alone becomes int8")
                    .hasSize(1);
        }
    }

    @Test
    void isListedWithItsCostWhenItIsOpenedAgain() {
        try (CompressibleModel<OnnxModel> model = FullRank.open(network());
                QuantizationResult<OnnxModel> result = quantizer(model).quantize()) {
            Path file = folder.resolve("int8.onnx");
            result.model().save(file);

            try (CompressibleModel<OnnxModel> saved = FullRank.FORMAT.open(file, OpenOptions.DEFAULT)) {
                assertThat(Int8Nets.names(saved)).isEqualTo(Int8Nets.names(model));
                for (int i = 0; i < model.layers().size(); i++) {
                    Layer before = model.layers().get(i);
                    Layer after = saved.layers().get(i);
                    assertThat(after.unsupportedReason()).as(after.id().name()).hasValue("it is quantised");
                    assertThat(after.sized().macs())
                            .isEqualTo(before.sized().macs())
                            .isPositive();
                    assertThat(after.weight()).isEqualTo(before.weight());
                }
                FullRank.assertSame(
                        FullRank.run(saved.model(), INPUTS),
                        FullRank.run(result.model().model(), INPUTS),
                        0);
                assertThat(file)
                        .content(java.nio.charset.StandardCharsets.ISO_8859_1)
                        .contains("wsvd.int8");
            }
        }
    }

    @Test
    void itsMetadataTellsWhatIsInt8() {
        try (CompressibleModel<OnnxModel> model = FullRank.open(network());
                QuantizationResult<OnnxModel> result = quantizer(model)
                        .ignore(layer -> !layer.id().name().startsWith("f")
                                && !layer.id().name().equals("stem"))
                        .quantize()) {
            assertThat(result.model().model().proto().getMetadataPropsList())
                    .filteredOn(entry -> entry.getKey().equals("wsvd.int8"))
                    .extracting(StringStringEntryProto::getValue)
                    .containsExactly("{\"mode\":\"static\",\"layers\":[\"stem\",\"fc\"]}");
        }
    }

    @Test
    void isSmaller() throws IOException {
        Net net = new Net(17, false);
        String x = net.conv("wide", net.input("N", 3, 12, 12), 3, 128, 1, true);
        ModelProto proto = net.build(net.conv("large", x, 128, 128, 3, true));
        try (CompressibleModel<OnnxModel> model = FullRank.open(proto);
                QuantizationResult<OnnxModel> result = quantizer(model).quantize()) {
            Path file = folder.resolve("int8.onnx");
            result.model().save(file);
            assertThat(Files.size(file)).isLessThan((long) (proto.getSerializedSize() * 0.27));
        }
    }

    @Test
    void ignoredLayersStayFloat() {
        LayerId outer = new LayerId("outer");
        try (CompressibleModel<OnnxModel> model = FullRank.open(network());
                QuantizationResult<OnnxModel> result = quantizer(model)
                        .ignore(layer -> layer.id().equals(outer))
                        .quantize()) {
            assertThat(result.kept()).isEqualTo(Map.of(outer, "ignored"));
            assertThat(result.quantization().byId()).doesNotContainKey(outer).hasSize(6);
            assertThat(result.model().layers())
                    .allSatisfy(layer -> assertThat(layer.supported())
                            .as(layer.id().name())
                            .isEqualTo(layer.id().equals(outer)));
            assertThat(result.model().weights(outer).all())
                    .isEqualTo(model.quantizable().model().weights(outer).all());
            assertThat(Int8Nets.sqnr(result.model(), model, INPUTS)).isGreaterThan(25);
        }
    }

    @Test
    void theOriginalStaysAsItWas() {
        ModelProto proto = network();
        try (CompressibleModel<OnnxModel> model = FullRank.open(proto)) {
            quantizer(model).quantize().close();

            assertThat(model.model().proto()).isEqualTo(proto);
            assertThat(FullRank.run(model.model(), INPUTS)).isNotEmpty();
        }
    }

    @Test
    void withoutCalibrationItIsRefused() {
        try (CompressibleModel<OnnxModel> model = FullRank.open(network())) {
            assertThatThrownBy(() -> ModelQuantizer.of(model).quantize())
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("Static int8 needs calibration inputs, on which ranges are found, and there are none."
                            + " Maybe add some, or make it dynamic.");
        }
    }

    @Test
    void ofADynamicOneConvolutionsStayFloat() {
        try (CompressibleModel<OnnxModel> model = FullRank.open(network());
                QuantizationResult<OnnxModel> result =
                        ModelQuantizer.of(model).mode(Mode.DYNAMIC).quantize()) {
            assertThat(result.quantization().byId()).containsOnlyKeys(new LayerId("fc"));
            assertThat(result.kept())
                    .hasSize(6)
                    .containsEntry(new LayerId("stem"), "convolutions need ranges that are known before");
            assertThat(Int8Nets.sqnr(result.model(), model, INPUTS)).isGreaterThan(30);
        }
    }

    @Test
    void anActivationWithoutAnEncodingIsRefused() {
        try (CompressibleModel<OnnxModel> model = FullRank.open(network());
                QuantizationResult<OnnxModel> result = quantizer(model).quantize()) {
            List<QuantizedLayer> layers = result.quantization().layers();
            assertThatThrownBy(() -> model.quantizable().with(new Quantization(Mode.STATIC, layers, Map.of())))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("The tensor 'x' has no encoding.");
        }
    }
}
