package dev.wsvd.evaluation;

import static dev.wsvd.evaluation.NpyFilesTest.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class FidelityEvaluatorTest {
    private static final LinearModel ORIGINAL = new LinearModel(new float[][] {{3, 0}, {0, 4}});
    private final LinearModel.Format format = new LinearModel.Format();

    /** On the unit vectors the outputs are (3, 0) and (0, 4). */
    private static final ArrayDataset UNITS =
            ArrayDataset.of(Map.of("x", Tensor.ofFloats(List.of(2L, 2L), new float[] {1, 0, 0, 1})));

    @Test
    void theOriginalIsIdenticalToItself() {
        Fidelity fidelity = evaluator(UNITS).compare(ORIGINAL, Evaluator.ALL);
        assertThat(fidelity)
                .isEqualTo(new Fidelity(Map.of("logits", new Fidelity.Output(OptionalDouble.of(1), 1, 0)), 2));
        assertThat(fidelity.score()).isEqualTo(1);
        assertThat(fidelity.sqnrDb()).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(fidelity.cosine()).isEqualTo(1);
        assertThat(fidelity.argmaxAgreement()).hasValue(1);
    }

    @Test
    void measuresAgreeWithThoseByHand() {
        // Outputs (3, 4) and (0, 3): noise 16 + 1, signal 9 + 16; cosines 9/15 and 1; the first arg-max differs.
        LinearModel other = new LinearModel(new float[][] {{3, 4}, {0, 3}});
        Fidelity fidelity = evaluator(UNITS).compare(other, Evaluator.ALL);

        Fidelity.Output output = fidelity.outputs().get("logits");
        assertThat(output.argmaxAgreement()).hasValue(0.5);
        assertThat(output.cosine()).isCloseTo(0.8, within(1e-15));
        assertThat(output.noiseToSignal()).isEqualTo(17.0 / 25);
        assertThat(output.sqnrDb()).isCloseTo(10 * Math.log10(25.0 / 17), within(1e-12));
        assertThat(fidelity.score()).isEqualTo(1 / (1 + 17.0 / 25));
        assertThat(evaluator(UNITS).evaluate(other, Evaluator.ALL).score()).isEqualTo(fidelity.score());
        assertThat(fidelity.samples()).isEqualTo(2);
        assertThat(evaluator(UNITS).compare(other, 1).outputs().get("logits").noiseToSignal())
                .isEqualTo(16.0 / 9);
    }

    @Test
    void candidatesOfTheSameArgMaxAreToldApart() {
        double near = evaluator(UNITS)
                .evaluate(new LinearModel(new float[][] {{3, 0.5f}, {0, 4}}), Evaluator.ALL)
                .score();
        double far = evaluator(UNITS)
                .evaluate(new LinearModel(new float[][] {{3, 1}, {0, 4}}), Evaluator.ALL)
                .score();
        assertThat(far).isLessThan(near);
        assertThat(near).isLessThan(1);
    }

    @Test
    void outputsOfNothingAndOfNaN() {
        Fidelity zero = evaluator(UNITS).compare(new LinearModel(new float[2][2]), Evaluator.ALL);
        assertThat(zero.outputs().get("logits").cosine()).isZero();
        assertThat(zero.sqnrDb()).isZero();
        assertThat(zero.score()).isEqualTo(0.5);

        Fidelity broken = evaluator(UNITS)
                .compare(new LinearModel(new float[][] {{3, Float.NaN}, {0, Float.NaN}}), Evaluator.ALL);
        assertThat(broken.score()).isZero();
        assertThat(broken.sqnrDb()).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(broken.cosine()).isZero();
        assertThat(broken.argmaxAgreement()).hasValue(0.5);
    }

    @Test
    void aZeroOriginalIsOnlyLikeZero() {
        FidelityEvaluator<LinearModel> evaluator =
                FidelityEvaluator.<LinearModel>of(format::predictor, new LinearModel(new float[2][2]), UNITS);
        assertThat(evaluator
                        .evaluate(new LinearModel(new float[2][2]), Evaluator.ALL)
                        .score())
                .isEqualTo(1);
        assertThat(evaluator.evaluate(ORIGINAL, Evaluator.ALL).score()).isZero();
    }

    @Test
    void theOriginalRunsOnce() {
        FidelityEvaluator<LinearModel> evaluator = evaluator(UNITS).batchSize(1);
        double whole = evaluator.evaluate(ORIGINAL, Evaluator.ALL).score();
        assertThat(format.made).isEqualTo(2);
        assertThat(evaluator.evaluate(ORIGINAL, 1).score()).isEqualTo(whole);
        evaluator.evaluate(ORIGINAL, Evaluator.ALL).score();
        assertThat(format.made).isEqualTo(4);
        assertThat(format.batchesRun).hasSize(2 + 2 + 1 + 2);
        assertThat(format.closed).isEqualTo(4);
    }

    @Test
    void whatIsNotKeptIsComputedAgain() {
        LinearModel other = new LinearModel(new float[][] {{3, 4}, {0, 3}});
        double expected = evaluator(UNITS).evaluate(other, Evaluator.ALL).score();
        // One batch of one sample has eight bytes.
        FidelityEvaluator<LinearModel> half = evaluator(UNITS).batchSize(1).keepingAtMost(8);
        format.batchesRun.clear();
        assertThat(half.evaluate(other, Evaluator.ALL).score()).isEqualTo(expected);
        assertThat(half.evaluate(other, Evaluator.ALL).score()).isEqualTo(expected);
        assertThat(format.batchesRun).hasSize(4 + 3);
    }

    @Test
    void aShortBatchIsKeptUntilALongerIsAskedFor() {
        FidelityEvaluator<LinearModel> evaluator = evaluator(UNITS);
        LinearModel other = new LinearModel(new float[][] {{3, 4}, {0, 3}});
        double one = evaluator.evaluate(other, 1).score();
        double two = evaluator.evaluate(other, 2).score();
        assertThat(evaluator.evaluate(other, 1).score()).isEqualTo(one).isNotEqualTo(two);
        assertThat(format.batchesRun).containsExactly(1L, 1L, 2L, 2L, 1L);
    }

    @Test
    void aFixedBatchIsFilledAndTheFillingDoesNotCount() {
        LinearModel other = new LinearModel(new float[][] {{3, 4}, {0, 3}});
        double expected = evaluator(UNITS).evaluate(other, Evaluator.ALL).score();
        FidelityEvaluator<LinearModel> fixed =
                FidelityEvaluator.<LinearModel>of(format::predictor, ORIGINAL.withBatch(5), UNITS);
        assertThat(fixed.evaluate(other.withBatch(5), Evaluator.ALL).score()).isEqualTo(expected);
    }

    @Test
    void classesAreTheChannelsOfAnImageAndTheLastDimOfASequence() {
        // Two classes (rows) at two positions (columns): original arg-maxes 0 and 1.
        float[][] original = {{4, 1, 2, 3}};
        float[][] other = {{4, 3, 2, 1}};
        ArrayDataset one = ArrayDataset.of(Map.of("x", Tensor.ofFloats(List.of(1L, 1L), new float[] {1})));
        assertThat(agreement(original, other, one, 1L, 2L)).hasValue(0.5);
        // As a sequence, the classes lie along the last dim: arg-maxes 0 and 1, then 0 and 0.
        assertThat(agreement(original, other, one, 2L)).hasValue(0.5);
        assertThat(agreement(original, original, one, 1L, 2L)).hasValue(1);
        assertThat(agreement(original, other, one, 4L, 1L)).isEmpty();
    }

    @Test
    void outputsThatCannotBeComparedAreRefused() {
        refused(
                () -> evaluator(UNITS).outputs("label").evaluate(ORIGINAL, 1).score(),
                "Output 'label' holds whole numbers; fidelity compares floating-point outputs. The model gives 'label'"
                        + " (int64 [?]), 'logits' (float32 [?, 2]).");
        refused(
                () -> evaluator(UNITS)
                        .outputs("probability")
                        .evaluate(ORIGINAL, 1)
                        .score(),
                "The model has no output 'probability'. There are: 'label', 'logits'.");
        refused(
                () -> evaluator(UNITS)
                        .evaluate(new LinearModel(new float[2][3]), Evaluator.ALL)
                        .score(),
                "Output 'logits' has shape [2, 3], the original's has [2, 2]; only outputs of the same shape can be"
                        + " compared.");
        assertThat(evaluator(UNITS).outputs("logits").evaluate(ORIGINAL, 1).score())
                .isEqualTo(1);
    }

    @Test
    void theIdentityTellsWhatTheScoreMeans() {
        EvaluatorIdentity identity = evaluator(UNITS).identity(Evaluator.ALL).orElseThrow();
        assertThat(identity.name()).isEqualTo("fidelity");
        assertThat(identity.samples()).isEqualTo(2);
        assertThat(evaluator(UNITS).batchSize(1).identity(2)).contains(identity);
        assertThat(evaluator(UNITS).outputs("logits").identity(2)).isNotEmpty().isNotEqualTo(identity);
        assertThat(evaluator(UNITS).identity(1).orElseThrow().sha256()).isNotEqualTo(identity.sha256());
    }

    private OptionalDouble agreement(float[][] original, float[][] other, ArrayDataset data, Long... tail) {
        return FidelityEvaluator.<LinearModel>of(format::predictor, new LinearModel(original).withTail(tail), data)
                .compare(new LinearModel(other).withTail(tail), 1)
                .argmaxAgreement();
    }

    private FidelityEvaluator<LinearModel> evaluator(ArrayDataset data) {
        return FidelityEvaluator.<LinearModel>of(format::predictor, ORIGINAL, data);
    }
}
