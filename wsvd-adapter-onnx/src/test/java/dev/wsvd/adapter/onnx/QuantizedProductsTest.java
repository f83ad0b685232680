package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnxruntime.OrtException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.quantization.Quantization;
import dev.wsvd.domain.quantization.Quantization.Mode;
import dev.wsvd.domain.quantization.QuantizedLayer;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.quantization.ModelQuantizer;
import dev.wsvd.quantization.QuantizationResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Products and embeddings in int8. */
class QuantizedProductsTest {
    private static final int WORDS = 40;
    private static final int WIDTH = 32;
    private static final Map<String, Tensor> INPUTS = Map.of(
            "ids",
            Tensor.ofLongs(List.of(10L, 6L), new Random(3).longs(60, 0, WORDS).toArray()));

    @TempDir
    Path folder;

    /** An embedding, three products of it with sums behind, a mean, and a Gemm of each order, with a bias and without. */
    private static ModelProto network() {
        Net net = withIds();
        String x = net.named("embed", "Gather", List.of(net.weight(WORDS, WIDTH), "ids"));
        String queries = net.linear("queries", x, WIDTH, WIDTH, true);
        String keys = net.linear("keys", x, WIDTH, WIDTH, true);
        String values = net.linear("values", x, WIDTH, WIDTH, false);
        String gate = net.node("Sigmoid", List.of(net.node("Mul", List.of(queries, keys))));
        x = net.node("Mul", List.of(gate, values));
        x = net.node("ReduceMean", List.of(x), attribute("axes", List.of(1L)), attribute("keepdims", 0));
        x = net.node("Relu", List.of(net.gemm("wide", x, WIDTH, 64, true)));
        x = net.named("plain", "Gemm", List.of(x, net.weight(64, 16), net.weight(16)));
        return net.build(net.gemm("bare", x, 16, 5, false));
    }

    private static Net withIds() {
        Net net = new Net(17, false);
        net.builder().typedInput("ids", DataType.INT64_VALUE, "N", 6);
        return net;
    }

    private static QuantizationResult<OnnxModel> quantized(CompressibleModel<OnnxModel> model, Mode mode) {
        return ModelQuantizer.of(model)
                .mode(mode)
                .calibration(Int8Nets.samples(INPUTS))
                .quantize();
    }

    @Test
    void areDynamicUnlessTold() {
        try (CompressibleModel<OnnxModel> model = FullRank.open(network());
                QuantizationResult<OnnxModel> result = ModelQuantizer.of(model).quantize()) {
            assertThat(result.quantization().mode()).isEqualTo(Mode.DYNAMIC);
            assertThat(result.quantization().activations()).isEmpty();
            assertThat(result.quantization().layers()).hasSize(7);
            assertThat(result.kept()).isEmpty();
            assertThat(Int8Nets.sqnr(result.model(), model, INPUTS)).isGreaterThan(30);
        }
    }

    @Test
    void oneTensorIsMadeInt8Once() {
        try (CompressibleModel<OnnxModel> model = FullRank.open(network());
                QuantizationResult<OnnxModel> result = ModelQuantizer.of(model).quantize()) {
            List<String> operators = Int8Nets.operators(result.model().model().proto());
            assertThat(operators.stream().filter("MatMulInteger"::equals)).hasSize(6);
            assertThat(operators.stream().filter("DynamicQuantizeLinear"::equals))
                    .hasSize(4);
            assertThat(operators).doesNotContain("MatMul", "Gemm");
        }
    }

    @Test
    void areFusedByTheEngine() throws IOException, OrtException {
        try (CompressibleModel<OnnxModel> model = FullRank.open(network());
                QuantizationResult<OnnxModel> result = ModelQuantizer.of(model).quantize()) {
            List<String> operators = Int8Nets.optimised(result.model().model().proto(), folder);
            assertThat(operators.stream().filter(List.of("MatMulIntegerToFloat", "DynamicQuantizeMatMul")::contains))
                    .hasSize(6);
            assertThat(operators).doesNotContain("MatMul", "Gemm", "MatMulInteger");
        }
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void keepTheirNamesAndCosts(Mode mode) {
        try (CompressibleModel<OnnxModel> model = FullRank.open(network());
                QuantizationResult<OnnxModel> result = quantized(model, mode)) {
            Path file = folder.resolve("int8.onnx");
            result.model().save(file);
            try (CompressibleModel<OnnxModel> saved = FullRank.FORMAT.open(file, OpenOptions.DEFAULT)) {
                assertThat(Int8Nets.names(saved)).isEqualTo(Int8Nets.names(model));
                for (int i = 0; i < saved.layers().size(); i++) {
                    assertThat(saved.layers().get(i).supported()).isFalse();
                    assertThat(saved.layers().get(i).weight())
                            .isEqualTo(model.layers().get(i).weight());
                    assertThat(saved.layers().get(i).sized().macs())
                            .isEqualTo(model.layers().get(i).sized().macs());
                }
                FullRank.assertSame(
                        FullRank.run(saved.model(), INPUTS),
                        FullRank.run(result.model().model(), INPUTS),
                        0);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void withoutNamesAreCalledAsBefore(Mode mode) {
        ModelProto.Builder proto = network().toBuilder();
        proto.getGraphBuilder().getNodeBuilderList().forEach(node -> node.clearName());
        try (CompressibleModel<OnnxModel> model = FullRank.open(proto.build());
                QuantizationResult<OnnxModel> result = quantized(model, mode)) {
            assertThat(Int8Nets.names(result.model())).isEqualTo(Int8Nets.names(model));
            assertThat(Int8Nets.sqnr(result.model(), model, INPUTS)).isGreaterThan(25);
        }
    }

    @Test
    void withKnownRangesComputeNearlyTheSame() {
        try (CompressibleModel<OnnxModel> model = FullRank.open(network());
                QuantizationResult<OnnxModel> result = quantized(model, Mode.STATIC)) {
            assertThat(result.quantization().layers()).hasSize(7);
            assertThat(Int8Nets.sqnr(result.model(), model, INPUTS)).isGreaterThan(25);
        }
    }

    /** The table of an embedding that is the weight of a product too, by a Transpose, stays. */
    @ParameterizedTest
    @EnumSource(Mode.class)
    void tiedWeightsStayRight(Mode mode) {
        Net net = withIds();
        String table = net.weight(WORDS, WIDTH);
        String x = net.named("embed", "Gather", List.of(table, "ids"));
        x = net.linear("inner", x, WIDTH, WIDTH, true);
        String turned = net.node("Transpose", List.of(table), attribute("perm", List.of(1L, 0L)));
        ModelProto proto = net.build(net.named("logits", "MatMul", List.of(x, turned)));
        try (CompressibleModel<OnnxModel> model = FullRank.open(proto);
                QuantizationResult<OnnxModel> result = quantized(model, mode)) {
            assertThat(result.quantization().byId()).containsOnlyKeys(new LayerId("inner"), new LayerId("logits"));
            assertThat(result.kept())
                    .isEqualTo(Map.of(new LayerId("embed"), "its table is also the weight of layer 'logits'"));
            assertThat(Int8Nets.names(result.model())).isEqualTo(Int8Nets.names(model));
            assertThat(Int8Nets.sqnr(result.model(), model, INPUTS)).isGreaterThan(30);
        }
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void oneWeightOfTwoProductsIsStoredOnce(Mode mode) {
        Net net = withIds();
        String x = net.named("embed", "Gather", List.of(net.weight(WORDS, WIDTH), "ids"));
        String shared = net.weight(WIDTH, WIDTH);
        x = net.node("Relu", List.of(net.named("first", "MatMul", List.of(x, shared))));
        ModelProto proto = net.build(net.named("second", "MatMul", List.of(x, shared)));
        try (CompressibleModel<OnnxModel> model = FullRank.open(proto);
                QuantizationResult<OnnxModel> result = ModelQuantizer.of(model)
                        .mode(mode)
                        .calibration(Int8Nets.samples(INPUTS))
                        .equalize(false)
                        .quantize()) {
            assertThat(result.model().model().proto().getGraph().getInitializerList())
                    .filteredOn(tensor -> tensor.getDimsCount() == 2)
                    .hasSize(2)
                    .allSatisfy(tensor -> assertThat(tensor.getDataType()).isEqualTo(DataType.INT8_VALUE));
            assertThat(Int8Nets.sqnr(result.model(), model, INPUTS)).isGreaterThan(30);
        }
    }

    @Test
    void oneWeightOfTwoProductsStaysOne() {
        Net net = withIds();
        String x = net.named("embed", "Gather", List.of(net.weight(WORDS, WIDTH), "ids"));
        String shared = net.weight(WIDTH, WIDTH);
        x = net.node("Relu", List.of(net.named("first", "MatMul", List.of(x, shared))));
        ModelProto proto = net.build(net.named("second", "MatMul", List.of(x, shared)));
        try (CompressibleModel<OnnxModel> model = FullRank.open(proto);
                QuantizationResult<OnnxModel> result = quantized(model, Mode.STATIC)) {
            assertThat(result.model().parameters()).isEqualTo(model.parameters());
            assertThat(Int8Nets.sqnr(result.model(), model, INPUTS)).isGreaterThan(30);
        }
    }

    /** What an embedding gives is int8 for the product, and float outside. */
    @ParameterizedTest
    @EnumSource(Mode.class)
    void outputsInsideKeepTheirNames(Mode mode) {
        Net net = withIds();
        String x = net.named("embed", "Gather", List.of(net.weight(WORDS, WIDTH), "ids"));
        String h = net.named("inner", "MatMul", List.of(x, net.weight(WIDTH, WIDTH)));
        net.builder().output(x).output(h);
        ModelProto proto = net.build(net.linear("fc", h, WIDTH, 5, true));
        try (CompressibleModel<OnnxModel> model = FullRank.open(proto);
                QuantizationResult<OnnxModel> result = quantized(model, mode)) {
            assertThat(result.quantization().layers()).hasSize(3);
            assertThat(Int8Nets.names(result.model())).isEqualTo(Int8Nets.names(model));
            assertThat(Int8Nets.sqnr(result.model(), model, INPUTS)).isGreaterThan(25);
        }
    }

    /** Also of a Gemm that had none. */
    @ParameterizedTest
    @EnumSource(Mode.class)
    void biasesThatAreGivenAreAdded(Mode mode) {
        Net net = new Net(17, false);
        String x = net.gemm("with", net.input("N", 8), 8, 6, true);
        ModelProto proto = net.build(net.gemm("without", x, 6, 5, false));
        Map<String, Tensor> inputs = Int8Nets.gaussian(4, 20L, 8L);
        try (CompressibleModel<OnnxModel> model = FullRank.open(proto);
                QuantizationResult<OnnxModel> result = ModelQuantizer.of(model)
                        .mode(mode)
                        .calibration(Int8Nets.samples(inputs))
                        .equalize(false)
                        .correctBias(false)
                        .quantize()) {
            Quantization quantization = result.quantization();
            QuantizedLayer last = quantization.byId().get(new LayerId("without"));
            float[] bias = {1, 2, 3, 4, 5};
            List<QuantizedLayer> layers = List.of(
                    quantization.byId().get(new LayerId("with")),
                    new QuantizedLayer(last.id(), last.weights(), Optional.of(bias)));
            try (CompressibleModel<OnnxModel> shifted =
                    model.quantizable().with(new Quantization(mode, layers, quantization.activations()))) {
                Tensor before = FullRank.run(result.model().model(), inputs).get("y");
                Tensor after = FullRank.run(shifted.model(), inputs).get("y");
                for (int i = 0; i < before.elements(); i++) {
                    assertThat(after.getDouble(i) - before.getDouble(i)).isCloseTo(bias[i % 5], within(0.05));
                }
            }
        }
    }
}
