package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.cost.Costs;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.stats.ParetoPoint;
import dev.wsvd.evaluation.AccuracyEvaluator;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.pipeline.resolve.Services;
import dev.wsvd.selection.BudgetSelectionParameters;
import dev.wsvd.selection.BudgetSelector;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

/** Budgeted selection and factors that learn from inputs, on the demo network with real images and a real engine. */
class BudgetedCompressionTest {
    private static final Path DEMO = Path.of("..", "demo");
    private static final OnnxFormat ONNX = new OnnxFormat();
    private static final Costs COSTS = Costs.of(Services.schemes());
    /** Other images than those of the calibration. */
    private static final AccuracyEvaluator<OnnxModel> ACCURACY = AccuracyEvaluator.of(
            ONNX::predictor,
            ArrayDataset.load(DEMO.resolve("test-images.npz"), DEMO.resolve("test-labels.npy"))
                    .limit(1_000));

    private final CompressibleModel<OnnxModel> model =
            ONNX.open(DEMO.resolve("fashion-resnet.onnx"), OpenOptions.DEFAULT);

    @Test
    void learningFromInputsKeepsMuchMoreOfTheAccuracy() {
        CompressionResult<OnnxModel> free = compressor(0.15).compress();
        CompressionResult<OnnxModel> aware =
                compressor(0.15).calibration(calibration(200)).compress();

        assertThat(free.stats().ratio(Metric.MAC)).isBetween(0.145, 0.15);
        assertThat(aware.stats().ratio(Metric.MAC)).isBetween(0.145, 0.15);
        assertThat(score(aware)).isGreaterThan(score(free) + 0.1);
        assertThat(aware.stats().effort().evaluations()).isEqualTo(2);
        assertThat(aware.stats().effort().seconds().calibrate()).isPositive();
        assertThat(aware.stats().goal().selection()).isEqualTo("budget");
    }

    @Test
    void correctionMakesUpForTheLayersBefore() {
        CompressionResult<OnnxModel> plain =
                compressor(0.1).calibration(calibration(300)).compress();
        CompressionResult<OnnxModel> corrected = compressor(0.1)
                .parameters(CompressionParameters.plan(plain.plan()))
                .calibration(calibration(300))
                .correct()
                .compress();

        assertThat(corrected.stats().after()).isEqualTo(plain.stats().after());
        assertThat(score(corrected)).isGreaterThan(score(plain) + 0.05);
    }

    @Test
    void correctionNeedsInputs() {
        assertThatThrownBy(() -> compressor(0.5).correct().compress())
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Correction fits layers to calibration inputs, and there are none. Maybe give some.");
    }

    @Test
    void theSameInputsLeadToTheSamePlan() {
        PlannedCompression first = planned();
        assertThat(planned().plan()).isEqualTo(first.plan());
        assertThat(first.plan().changes()).hasSizeGreaterThan(5);
        assertThat(first.stats().effort().evaluations()).isZero();
    }

    private PlannedCompression planned() {
        return ModelCompressor.of(model)
                .parameters(CompressionParameters.budget(0.4))
                .calibration(calibration(50))
                .plan();
    }

    @Test
    void theCurveHasThePlansThatItsRatiosGive() {
        List<ParetoPoint> curve = ModelCompressor.of(model)
                .calibration(calibration(50))
                .evaluator(ACCURACY, 200)
                .pareto(List.of(CompressionRatio.of(0.4), CompressionRatio.of(0.0001), CompressionRatio.of(0.1)));

        assertThat(curve).extracting(point -> point.target().toDouble()).containsExactly(1.0, 0.4, 0.1);
        assertThat(curve.get(1).plan()).isEqualTo(planned().plan());
        assertThat(curve.get(1).cost()).isEqualTo(planned().stats().after());
        assertThat(curve)
                .allMatch(point -> point.evaluation().orElseThrow().interval().isPresent());
        assertThat(curve.get(2).evaluation().orElseThrow().score())
                .isLessThan(curve.get(0).evaluation().orElseThrow().score() - 0.05);
        assertThatThrownBy(() -> ModelCompressor.of(model)
                        .parameters(CompressionParameters.greedy(0.5))
                        .pareto(List.of(CompressionRatio.of(0.4))))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The curve of cost against score is made by budgeted selection, not by greedy.");
        assertThatThrownBy(() -> drop(0.1).pareto(List.of(CompressionRatio.of(0.4))))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The curve has a point for each ratio; other limits do not go with it.");
    }

    @Test
    void twoLimitsHoldAtOnce() {
        Cost before = COSTS.of(model.layers());
        long macs = before.of(Metric.MAC) / 2;
        long params = before.of(Metric.MEMORY) / 3;
        CompressionResult<OnnxModel> result = ModelCompressor.of(model)
                .parameters(CompressionParameters.of(new BudgetSelector(new BudgetSelectionParameters(
                        Optional.empty(), Map.of(Metric.MAC, macs, Metric.MEMORY, params), OptionalDouble.empty()))))
                .compress();

        assertThat(result.stats().after().of(Metric.MAC)).isLessThanOrEqualTo(macs);
        assertThat(result.stats().after().of(Metric.MEMORY)).isBetween(params * 9 / 10, params);
    }

    @Test
    void theScoreFallsNoMoreThanAllowed() {
        CompressionResult<OnnxModel> result =
                drop(0.02).calibration(calibration(200)).compress();

        double baseline = result.stats().score().orElseThrow().baseline().orElseThrow();
        assertThat(score(result)).isGreaterThanOrEqualTo(baseline - 0.02);
        assertThat(result.stats().ratio(Metric.MAC)).isLessThan(0.4);
        assertThat(result.stats().effort().evaluations()).isLessThanOrEqualTo(14);
    }

    @Test
    void anyDropMayLeadToTheSmallestModel() {
        CompressionResult<OnnxModel> result =
                drop(0).evaluator((m, n) -> Evaluation.of(1), 1).compress();

        assertThat(result.stats().ratio(Metric.MAC)).isBetween(0.0139, 0.014);
    }

    @Test
    void whatCannotBeMetIsSaid() {
        assertThatThrownBy(() -> compressor(0.001).compress())
                .isInstanceOf(UnreachableTargetException.class)
                .hasMessage(
                        "The target mac ratio 0.001 cannot be met: the smallest ratio reachable is 0.0140. Maybe raise the"
                                + " target, allow more candidates or ignore fewer layers.");
        assertThatThrownBy(() -> drop(0.01)
                        .evaluator((m, n) -> Evaluation.of(m == model.model() ? 1 : 0), 1)
                        .compress())
                .isInstanceOf(UnreachableTargetException.class)
                .hasMessage(
                        "No plan that was tried keeps the score within 0.01 of 1.0; the best, with ratio 0.875, scored"
                                + " 0.0. Maybe allow a larger drop.")
                .extracting(e -> ((UnreachableTargetException) e).smallestRatio())
                .isEqualTo(OptionalDouble.empty());
        assertThatThrownBy(() -> ModelCompressor.of(model)
                        .parameters(drop(OptionalDouble.of(0.01)))
                        .compress())
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("A largest drop of the score needs scores, and there is no evaluator."
                        + " Maybe give data to evaluate on.");
    }

    private ModelCompressor<OnnxModel> compressor(double target) {
        return ModelCompressor.of(model)
                .parameters(CompressionParameters.budget(target))
                .evaluator(ACCURACY, Evaluator.ALL);
    }

    private ModelCompressor<OnnxModel> drop(double most) {
        return ModelCompressor.of(model)
                .parameters(drop(OptionalDouble.of(most)))
                .evaluator(ACCURACY, Evaluator.ALL);
    }

    private static CompressionParameters drop(OptionalDouble most) {
        return CompressionParameters.of(
                new BudgetSelector(new BudgetSelectionParameters(Optional.empty(), Map.of(), most)));
    }

    private static ArrayActivations<OnnxModel> calibration(int inputs) {
        return ArrayActivations.of(
                ONNX, ArrayDataset.load(DEMO.resolve("calibration-images.npz")).limit(inputs));
    }

    private static double score(CompressionResult<?> result) {
        return result.stats().score().orElseThrow().compressed().orElseThrow();
    }
}
