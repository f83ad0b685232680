package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.LatencyTable;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.PlanOrigin;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.TimingStore;
import dev.wsvd.domain.stats.ParetoPoint;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.evaluation.AccuracyEvaluator;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.quantization.Int8Scheme;
import dev.wsvd.selection.BudgetSelectionParameters;
import dev.wsvd.selection.BudgetSelector;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Bits as one more choice of a layer, on the demo network with real images and a real engine. */
class Int8ChoiceTest {
    private static final Path DEMO = Path.of("..", "demo");
    private static final OnnxFormat ONNX = new OnnxFormat();
    private static final ArrayDataset INPUTS =
            ArrayDataset.load(DEMO.resolve("calibration-images.npz")).limit(60);
    private static final AccuracyEvaluator<OnnxModel> ACCURACY = AccuracyEvaluator.of(
            ONNX::predictor,
            ArrayDataset.load(DEMO.resolve("test-images.npz"), DEMO.resolve("test-labels.npy"))
                    .limit(500));

    private final CompressibleModel<OnnxModel> model =
            ONNX.open(DEMO.resolve("fashion-resnet.onnx"), OpenOptions.DEFAULT);

    private ModelCompressor<OnnxModel> compressor(CompressionParameters parameters) {
        return ModelCompressor.of(model)
                .metric(Metric.BYTES)
                .parameters(parameters)
                .calibration(ArrayActivations.of(ONNX, INPUTS))
                .int8();
    }

    private static Set<LayerId> ofType(CompressibleModel<?> model, ElementType type) {
        return model.layers().stream()
                .filter(layer -> layer.type() == type)
                .map(Layer::id)
                .collect(Collectors.toSet());
    }

    private static Set<LayerId> rounded(Plan plan) {
        return plan.changes().entrySet().stream()
                .filter(change -> change.getValue().equals(Int8Scheme.CHOICE))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    @Test
    void aTargetAboveAQuarterOfTheBytesLeavesSomeLayersInFloatAndMakesFewSmaller() {
        CompressionResult<OnnxModel> result =
                compressor(CompressionParameters.budget(0.5)).compress();

        assertThat(result.stats().ratio(Metric.BYTES)).isBetween(0.25, 0.5);
        assertThat(result.stats().ratio(Metric.MAC)).isGreaterThan(0.95);
        assertThat(ofType(result.model(), ElementType.INT8)).containsAll(rounded(result.plan()));
        assertThat(rounded(result.plan())).isNotEmpty();
        assertThat(ofType(result.model(), ElementType.FLOAT32)).isNotEmpty();
        assertThat(result.stats().int8()).containsExactlyInAnyOrderElementsOf(ofType(result.model(), ElementType.INT8));
    }

    @Test
    void aTargetBelowAQuarterOfTheBytesMakesLayersSmallerAndAllThatChangesInt8() {
        CompressionResult<OnnxModel> result =
                compressor(CompressionParameters.budget(0.15)).compress();

        assertThat(result.stats().ratio(Metric.BYTES)).isBetween(0.14, 0.15);
        assertThat(result.stats().ratio(Metric.MAC)).isLessThan(1);
        assertThat(result.plan().changes().keySet())
                .hasSizeGreaterThan(rounded(result.plan()).size());
        result.plan()
                .changes()
                .keySet()
                .forEach(layer -> assertThat(result.model().stagesOf(layer))
                        .allSatisfy(stage -> assertThat(ofType(result.model(), ElementType.INT8))
                                .contains(stage)));
        assertThat(ACCURACY.evaluate(result.model().model(), Integer.MAX_VALUE).score())
                .isGreaterThan(0.9);
    }

    @Test
    void aPlanIsAppliedAgainBitByBit() {
        CompressionResult<OnnxModel> first =
                compressor(CompressionParameters.budget(0.5)).compress();
        CompressionResult<OnnxModel> again = compressor(CompressionParameters.plan(first.plan(), first.origin()))
                .compress();

        assertThat(ofType(again.model(), ElementType.INT8)).isEqualTo(ofType(first.model(), ElementType.INT8));
        assertThat(again.stats().after()).isEqualTo(first.stats().after());
    }

    @Test
    void aPlanOfSplitsAloneKeepsTheOthersInFloatWhereBitsWereChosen() {
        Plan splits = Plan.of(new LayerId("fc1"), Choice.of("input-channel", 40));
        PlanOrigin origin = compressor(CompressionParameters.budget(0.5)).plan().origin();

        CompressionResult<OnnxModel> chosen =
                compressor(CompressionParameters.plan(splits, origin)).compress();
        CompressionResult<OnnxModel> all =
                compressor(CompressionParameters.plan(splits)).compress();

        assertThat(origin.int8()).isTrue();
        assertThat(ofType(chosen.model(), ElementType.INT8))
                .containsExactlyInAnyOrderElementsOf(chosen.model().stagesOf(new LayerId("fc1")));
        assertThat(ofType(all.model(), ElementType.FLOAT32)).isEmpty();
    }

    @Test
    void layersThatAreIgnoredStayInFloat() {
        CompressionResult<OnnxModel> bytes =
                compressor(CompressionParameters.budget(0.5).ignoring("fc*")).compress();
        CompressionResult<OnnxModel> macs = compressor(
                        CompressionParameters.budget(0.9).ignoring("fc*"))
                .metric(Metric.MAC)
                .compress();

        assertThat(ofType(bytes.model(), ElementType.FLOAT32)).contains(new LayerId("fc1"), new LayerId("fc2"));
        assertThat(ofType(macs.model(), ElementType.FLOAT32))
                .containsExactlyInAnyOrder(new LayerId("fc1"), new LayerId("fc2"));
    }

    @Test
    void aLargestDropIsThatOfTheNetworkInInt8() {
        CompressionResult<OnnxModel> result = compressor(CompressionParameters.of(new BudgetSelector(
                        new BudgetSelectionParameters(Optional.empty(), Map.of(), OptionalDouble.of(0.02)))))
                .evaluator(ACCURACY, Integer.MAX_VALUE)
                .compress();

        double drop = result.stats().score().orElseThrow().baseline().orElseThrow()
                - result.stats().score().orElseThrow().compressed().orElseThrow();
        assertThat(drop).isLessThanOrEqualTo(0.02);
        assertThat(result.stats().ratio(Metric.BYTES)).isLessThan(0.25);
    }

    @Test
    void aCurveOfBytesGoesBelowWhatRanksAloneReach() {
        List<ParetoPoint> curve = compressor(CompressionParameters.budget(0.1))
                .evaluator(ACCURACY, Integer.MAX_VALUE)
                .pareto(List.of(CompressionRatio.of(0.5), CompressionRatio.of(0.2)));

        assertThat(curve).hasSize(3);
        assertThat(curve.get(2).evaluation().orElseThrow().score()).isGreaterThan(0.9);
        assertThat(curve.get(2).cost().ratioTo(curve.get(0).cost(), Metric.BYTES))
                .isBetween(0.19, 0.2);
    }

    @Test
    void layersInInt8AreTimedAsSuch() {
        Kept kept = new Kept();

        Plan plan = Plan.of(new LayerId("fc1"), Int8Scheme.CHOICE);
        PlannedCompression planned = compressor(CompressionParameters.plan(plan))
                .metric(Metric.LATENCY)
                .timings(kept)
                .plan();

        assertThat(planned.plan().changes()).isEqualTo(plan.changes());
        assertThat(kept.times.orElseThrow().layers().values())
                .filteredOn(layer -> layer.curves().containsKey("conv 3x3 int8"))
                .hasSizeGreaterThan(5);
        assertThat(planned.stats().latency().orElseThrow().ratio()).isPositive();
    }

    @Test
    void aPlanInInt8IsNotForAModelInFloat() {
        assertThatThrownBy(() -> ModelCompressor.of(model)
                        .parameters(CompressionParameters.plan(Plan.of(new LayerId("fc1"), Int8Scheme.CHOICE)))
                        .compress())
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        "The plan has layers in int8, and a model in float is to be made. Maybe add --int8 (from Java,"
                                + " ModelCompressor.int8()).");
    }

    private static final class Kept implements TimingStore {
        private Optional<LatencyTable> times = Optional.empty();

        @Override
        public Optional<LatencyTable> load() {
            return times;
        }

        @Override
        public void save(LatencyTable measured) {
            times = Optional.of(measured);
        }
    }

    @Test
    void rangesNeedInputs() {
        assertThatThrownBy(() -> ModelCompressor.of(model)
                        .parameters(CompressionParameters.budget(0.5))
                        .int8()
                        .compress())
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("needs calibration inputs");
    }
}
