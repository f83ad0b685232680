package dev.wsvd.evaluation;

import static dev.wsvd.evaluation.NpyFilesTest.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.score.SampleOutcomes;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.tensor.Tensor;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccuracyEvaluatorTest {
    private static final LinearModel IDENTITY = new LinearModel(new float[][] {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}});

    /** Rows are logits, as the weight is the identity; their classes from the highest: 012, 120, 210, 012 (a tie), NaN. */
    private static final float[] X = {
        3, 2, 1,
        0, 2, 1,
        1, 2, 3,
        5, 5, 5,
        9, Float.NaN, 0
    };

    private final LinearModel.Format format = new LinearModel.Format();

    @ParameterizedTest
    @CsvSource({"1, 0.4", "2, 0.6", "3, 0.8"})
    void countsLabelsAmongTheHighest(int k, double accuracy) {
        // Ranks of the labels: 1st; 2nd; 1st; 3rd, as ties go to the lowest class; NaN is wrong for every k.
        ArrayDataset data = data(0, 2, 2, 2, 0);
        assertThat(evaluator(data).topK(k).evaluate(IDENTITY, Evaluator.ALL).score())
                .isEqualTo(accuracy);
    }

    @Test
    void aTieGoesToTheLowestClass() {
        assertThat(evaluator(data(0, 1, 2, 0, 0))
                        .evaluate(IDENTITY, Evaluator.ALL)
                        .score())
                .isEqualTo(0.8);
        assertThat(evaluator(data(0, 1, 2, 1, 0))
                        .evaluate(IDENTITY, Evaluator.ALL)
                        .score())
                .isEqualTo(0.6);
    }

    @Test
    void saysWhichSamplesAreRight() {
        AccuracyEvaluator<LinearModel> evaluator =
                evaluator(data(0, 2, 2, 2, 0)).batchSize(2);
        BitSet right = new BitSet();
        right.set(0);
        right.set(2);

        assertThat(evaluator.evaluate(IDENTITY, Evaluator.ALL)).isEqualTo(Evaluation.of(SampleOutcomes.of(right, 5)));
    }

    @Test
    void anIterationIsASample() {
        AccuracyEvaluator<LinearModel> evaluator = evaluator(data(0, 2, 2, 2, 0));
        assertThat(evaluator.evaluate(IDENTITY, 1).score()).isEqualTo(1);
        assertThat(evaluator.evaluate(IDENTITY, 2).score()).isEqualTo(0.5);
        assertThat(evaluator.evaluate(IDENTITY, 3).score()).isEqualTo(2.0 / 3);
    }

    @Test
    void batchesAreOfTheSizeAskedFor() {
        assertThat(evaluator(data(0, 2, 2, 2, 0))
                        .batchSize(2)
                        .evaluate(IDENTITY, Evaluator.ALL)
                        .score())
                .isEqualTo(0.4);
        assertThat(format.batchesRun).containsExactly(2L, 2L, 1L);
        assertThat(format.made).isEqualTo(1);
        assertThat(format.closed).isEqualTo(1);
    }

    @Test
    void aFixedBatchIsFilledAndTheFillingDoesNotCount() {
        AccuracyEvaluator<LinearModel> evaluator = evaluator(data(0, 2, 2, 2, 0));
        assertThat(evaluator.evaluate(IDENTITY.withBatch(3), Evaluator.ALL).score())
                .isEqualTo(0.4);
        assertThat(evaluator.evaluate(IDENTITY.withBatch(1), 3).score()).isEqualTo(2.0 / 3);
        assertThat(evaluator.evaluate(IDENTITY.withBatch(8), 3).score()).isEqualTo(2.0 / 3);
        assertThat(format.batchesRun).containsExactly(3L, 3L, 1L, 1L, 1L, 8L);
    }

    @Test
    void trailingDimsOfOneAreNoHindrance() {
        assertThat(evaluator(data(0, 2, 2, 2, 0))
                        .evaluate(IDENTITY.withTail(1L, 1L), Evaluator.ALL)
                        .score())
                .isEqualTo(0.4);
    }

    @Test
    void anOutputThatHasNoClassesIsRefused() {
        AccuracyEvaluator<LinearModel> evaluator = evaluator(data(0, 2, 2, 2, 0));
        refused(
                () -> evaluator.evaluate(IDENTITY.withTail(3L), Evaluator.ALL).score(),
                "Output 'logits' has shape [5, 1, 3]; accuracy needs one value per class, [samples, classes]. Maybe name"
                        + " another output.");
        refused(
                () -> evaluator
                        .output("label")
                        .evaluate(IDENTITY, Evaluator.ALL)
                        .score(),
                "Output 'label' has shape [5]; accuracy needs one value per class, [samples, classes]. Maybe name another"
                        + " output.");
        refused(
                () -> evaluator
                        .output("logit")
                        .evaluate(IDENTITY, Evaluator.ALL)
                        .score(),
                "The model has no output 'logit'. Maybe 'logits' was meant.");
        assertThat(evaluator.output("logits").evaluate(IDENTITY, Evaluator.ALL).score())
                .isEqualTo(0.4);
    }

    @Test
    void aLabelWithoutAClassIsRefused() {
        refused(
                () -> evaluator(data(0, 1, 2, 7, 0))
                        .batchSize(2)
                        .evaluate(IDENTITY, Evaluator.ALL)
                        .score(),
                "The label of sample 3 is 7; output 'logits' has the classes 0 … 2.");
    }

    @Test
    void settingsThatMeanNothingAreRefused() {
        AccuracyEvaluator<LinearModel> evaluator = evaluator(data(0, 2, 2, 2, 0));
        refused(() -> evaluator.topK(0), "k of top-k accuracy must be at least 1, found 0.");
        refused(() -> evaluator.batchSize(0), "The batch size must be at least 1, found 0.");
        refused(
                () -> evaluator.topK(4).evaluate(IDENTITY, 1).score(),
                "Top-4 accuracy needs at least 4 classes; output 'logits' has 3.");
        refused(
                () -> evaluator(ArrayDataset.of(Map.of("x", x()))),
                "Accuracy needs labels, found data without. Maybe compare the model with the original instead (fidelity),"
                        + " which needs none.");
    }

    @Test
    void theIdentityTellsWhatTheScoreMeans() {
        AccuracyEvaluator<LinearModel> evaluator = evaluator(data(0, 2, 2, 2, 0));
        EvaluatorIdentity identity = evaluator.identity(Evaluator.ALL).orElseThrow();
        assertThat(identity.name()).isEqualTo("accuracy");
        assertThat(identity.samples()).isEqualTo(5);
        assertThat(identity.sha256()).matches("[0-9a-f]{64}");
        assertThat(evaluator.topK(5).identity(3).orElseThrow())
                .satisfies(top5 -> assertThat(top5.name()).isEqualTo("accuracy@5"))
                .satisfies(top5 -> assertThat(top5.samples()).isEqualTo(3));

        assertThat(evaluator.batchSize(2).identity(5)).contains(identity);
        assertThat(List.of(
                        identity,
                        evaluator.identity(4).orElseThrow(),
                        evaluator.topK(2).identity(5).orElseThrow(),
                        evaluator.output("logits").identity(5).orElseThrow(),
                        evaluator(data(1, 2, 2, 2, 0)).identity(5).orElseThrow()))
                .extracting(EvaluatorIdentity::sha256)
                .doesNotHaveDuplicates();
    }

    private AccuracyEvaluator<LinearModel> evaluator(ArrayDataset data) {
        return AccuracyEvaluator.<LinearModel>of(format::predictor, data);
    }

    private static Tensor x() {
        return Tensor.ofFloats(List.of(5L, 3L), X);
    }

    private static ArrayDataset data(long... labels) {
        return ArrayDataset.of(Map.of("x", x()), Tensor.ofLongs(List.of(5L), labels));
    }
}
