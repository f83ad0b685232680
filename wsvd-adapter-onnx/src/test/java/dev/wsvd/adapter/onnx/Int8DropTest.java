package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.quantization.Quantization.Mode;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.AccuracyEvaluator;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.evaluation.FidelityEvaluator;
import dev.wsvd.quantization.ModelQuantizer;
import dev.wsvd.quantization.QuantizationResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Layers that stay float so that the score does. */
class Int8DropTest {
    private static final int WIDTH = 16;
    private static final int CLASSES = 6;
    private static final LayerId FIRST = new LayerId("first");

    /** Gaussian, but for one that is so large that steps of eight bits leave nothing of the others. */
    private static Map<String, Tensor> inputs(int seed) {
        Tensor numbers = Int8Nets.gaussian(seed, 200L, (long) WIDTH).get("x");
        float[] values = new float[(int) numbers.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % WIDTH == 0 ? 10_000 : (float) numbers.getDouble(i);
        }
        return Map.of("x", Tensor.ofFloats(numbers.shape(), values));
    }

    /** The large one counts for nothing. */
    private static String first(Net net) {
        String x = net.input("N", WIDTH);
        float[] values = new float[WIDTH * WIDTH];
        for (int i = 0; i < values.length; i++) {
            values[i] = i < WIDTH ? 0 : (float) Math.sin(i * i);
        }
        return net.named("first", "MatMul", List.of(x, net.stored("w", values, WIDTH, WIDTH)));
    }

    private static ModelProto deep() {
        Net net = new Net(17, false);
        String x = net.node("Relu", List.of(first(net)));
        x = net.node("Relu", List.of(net.gemm("second", x, WIDTH, WIDTH, true)));
        return net.build(net.gemm("third", x, WIDTH, CLASSES, true));
    }

    private static ModelProto single() {
        Net net = new Net(17, false);
        return net.build(first(net));
    }

    /** Whether the class is the original's. */
    private static Evaluator<OnnxModel> accuracy(CompressibleModel<OnnxModel> model) {
        Map<String, Tensor> inputs = inputs(2);
        Tensor given = FullRank.run(model.model(), inputs).values().iterator().next();
        int classes = Math.toIntExact(given.shape().get(1));
        long[] labels = new long[Math.toIntExact(given.shape().get(0))];
        for (int i = 0; i < labels.length; i++) {
            for (int j = 1; j < classes; j++) {
                if (given.getDouble(i * classes + j) > given.getDouble(i * classes + (int) labels[i])) {
                    labels[i] = j;
                }
            }
        }
        return AccuracyEvaluator.of(
                FullRank.FORMAT::predictor,
                ArrayDataset.of(inputs, Tensor.ofLongs(List.of((long) labels.length), labels)));
    }

    private static ModelQuantizer<OnnxModel> quantizer(CompressibleModel<OnnxModel> model, Mode mode) {
        return ModelQuantizer.of(model)
                .mode(mode)
                .calibration(Int8Nets.samples(inputs(1)))
                .evaluator(accuracy(model));
    }

    private static double drop(QuantizationResult<OnnxModel> result) {
        return result.baseline().orElseThrow().score()
                - result.evaluation().orElseThrow().score();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void aLayerThatInt8DestroysStaysFloat(Mode mode) {
        try (CompressibleModel<OnnxModel> model = FullRank.open(deep());
                QuantizationResult<OnnxModel> all = quantizer(model, mode).quantize();
                QuantizationResult<OnnxModel> some =
                        quantizer(model, mode).maxDrop(0.05).quantize()) {
            assertThat(drop(all)).isGreaterThan(0.2);
            assertThat(all.kept()).isEmpty();

            assertThat(some.kept()).isEqualTo(Map.of(FIRST, "rounding it costs too much"));
            assertThat(some.quantization().byId()).containsOnlyKeys(new LayerId("second"), new LayerId("third"));
            assertThat(drop(some)).isLessThanOrEqualTo(0.05);
            assertThat(some.model().layers().get(0).supported()).isTrue();
            double score = accuracy(model)
                    .evaluate(some.model().model(), Evaluator.ALL)
                    .score();
            assertThat(score)
                    .as("what is told is that of the model given")
                    .isCloseTo(some.evaluation().orElseThrow().score(), within(1e-9));
        }
    }

    @Test
    void allLayersAreInt8WhereTheLimitIsWide() {
        try (CompressibleModel<OnnxModel> model = FullRank.open(deep());
                QuantizationResult<OnnxModel> result =
                        quantizer(model, Mode.DYNAMIC).maxDrop(1).quantize()) {
            assertThat(result.kept()).isEmpty();
            assertThat(result.quantization().layers()).hasSize(3);
        }
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void aLimitThatCannotBeMetIsRefused(Mode mode) {
        try (CompressibleModel<OnnxModel> model = FullRank.open(single())) {
            assertThatThrownBy(() -> quantizer(model, mode).maxDrop(0.05).quantize())
                    .isInstanceOf(UnreachableTargetException.class)
                    .hasMessageMatching("The score falls by 0\\.[2-9]\\d{3} at least with any layer in int8, and"
                            + " 0\\.0500 is allowed\\.");
        }
    }

    /** Alone it reads what its neighbours in int8 would have handed on with an encoding of theirs. */
    @Test
    void layersBehindPoolsAreWeighedAlone() {
        Net net = new Net(17, false);
        String x = net.conv("first", net.input("N", 3, 12, 12), 3, 8, 3, true);
        x = net.node("MaxPool", List.of(x), attribute("kernel_shape", List.of(2L, 2L)));
        x = net.node("Relu", List.of(net.conv("second", x, 8, 8, 3, true)));
        x = net.node("Flatten", List.of(net.node("GlobalAveragePool", List.of(x))));
        ModelProto proto = net.build(net.gemm("third", x, 8, 4, true));
        Map<String, Tensor> inputs = Int8Nets.gaussian(5, 50L, 3L, 12L, 12L);
        try (CompressibleModel<OnnxModel> model = FullRank.open(proto)) {
            FidelityEvaluator<OnnxModel> fidelity =
                    FidelityEvaluator.of(FullRank.FORMAT::predictor, model.model(), ArrayDataset.of(inputs));
            ModelQuantizer<OnnxModel> quantizer = ModelQuantizer.of(model)
                    .calibration(Int8Nets.samples(inputs))
                    .evaluator(fidelity);
            double whole;
            try (QuantizationResult<OnnxModel> all = quantizer.quantize()) {
                whole = drop(all);
            }
            try (QuantizationResult<OnnxModel> some =
                    quantizer.maxDrop(whole * 0.999).quantize()) {
                assertThat(drop(some)).isLessThan(whole);
                assertThat(some.kept()).isNotEmpty();
                assertThat(some.quantization().layers()).isNotEmpty();
            }
        }
    }

    @Test
    void progressNeverFallsAndEndsOnce() {
        try (CompressibleModel<OnnxModel> model = FullRank.open(deep())) {
            for (double limit : new double[] {0.05, 1}) {
                List<Double> shares = new ArrayList<>();
                quantizer(model, Mode.STATIC)
                        .maxDrop(limit)
                        .listener(event -> {
                            if (event instanceof ProgressEvent.Advanced advanced) {
                                shares.add(advanced.share());
                            }
                        })
                        .quantize()
                        .close();

                assertThat(shares).isSorted().hasSizeGreaterThan(4);
                assertThat(shares.indexOf(1.0)).isEqualTo(shares.size() - 1);
            }
        }
    }

    @Test
    void aLimitNeedsAScoreAndInputs() {
        try (CompressibleModel<OnnxModel> model = FullRank.open(single())) {
            assertThatThrownBy(() -> ModelQuantizer.of(model).maxDrop(0.1).quantize())
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("A largest drop needs something to score by, and there is nothing.");
            assertThatThrownBy(() -> ModelQuantizer.of(model)
                            .evaluator(accuracy(model))
                            .maxDrop(0.1)
                            .quantize())
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage(
                            "With a largest drop, which layers should stay float is found on calibration inputs, and"
                                    + " there are none. Maybe add some.");
            assertThatThrownBy(() -> ModelQuantizer.of(model).maxDrop(-0.1))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("The largest drop must be at least 0, found -0.1.");
            assertThatThrownBy(() -> ModelQuantizer.of(model).maxDrop(Double.NaN))
                    .isInstanceOf(InvalidInputException.class);
        }
    }
}
