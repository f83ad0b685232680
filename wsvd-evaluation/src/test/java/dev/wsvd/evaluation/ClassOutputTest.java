package dev.wsvd.evaluation;

import static dev.wsvd.evaluation.NpyFilesTest.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Of several outputs the one that fits the labels is scored, and named. */
class ClassOutputTest {
    private static final ArrayDataset THREE_CLASSES = data(0, 2, 1, 2);

    @Test
    void theOutputWithAsManyValuesAsTheLabelsHaveClassesIsScored() {
        RunningModel model = model(5, 3);
        AccuracyEvaluator<RunningModel> chosen = evaluator(THREE_CLASSES).choosing(model);
        assertThat(chosen.evaluate(model, Evaluator.ALL).score()).isEqualTo(1);
        assertThat(evaluator(THREE_CLASSES).evaluate(model, Evaluator.ALL).score())
                .isEqualTo(1);
        assertThat(chosen.identity(Evaluator.ALL).orElseThrow().outputs()).containsExactly("logits");
        assertThat(evaluator(THREE_CLASSES)
                        .output("pooled")
                        .evaluate(model, Evaluator.ALL)
                        .score())
                .isEqualTo(0.25);
    }

    @Test
    void anOutputThatIsTooNarrowIsNotScored() {
        assertThat(chosen(data(0, 1, 1, 2), model(2, 4))).containsExactly("logits");
    }

    @Test
    void ofSeveralThatFitNoneIsGuessed() {
        refused(
                () -> chosen(THREE_CLASSES, model(5, 4)),
                "Several outputs of the model may be what the labels 0 … 2 are for: 'pooled' (float32 [?, ?]),"
                        + " 'logits' (float32 [?, ?]). Maybe name one with --output-name, or output(name) in Java.");
        refused(
                () -> chosen(THREE_CLASSES, model(3, 3)),
                "Several outputs of the model may be what the labels 0 … 2 are for: 'pooled' (float32 [?, ?]),"
                        + " 'logits' (float32 [?, ?]). Maybe name one with --output-name, or output(name) in Java.");
    }

    @Test
    void thatNoneFitsIsTold() {
        refused(
                () -> chosen(data(0, 7), model(5, 4)),
                "None of the model's outputs has a value for each of the labels 0 … 7: 'pooled' (float32 [?, ?]),"
                        + " 'logits' (float32 [?, ?]).");
    }

    @Test
    void scoresOfDifferentOutputsHaveDifferentIdentities() {
        AccuracyEvaluator<RunningModel> evaluator = evaluator(THREE_CLASSES);
        EvaluatorIdentity one =
                evaluator.output("pooled").identity(Evaluator.ALL).orElseThrow();
        EvaluatorIdentity other =
                evaluator.output("logits").identity(Evaluator.ALL).orElseThrow();
        assertThat(one.sha256()).isNotEqualTo(other.sha256());
        assertThat(evaluator.choosing(model(5, 3)).identity(Evaluator.ALL)).contains(other);
    }

    @Test
    void aModelWithOneOutputHasNothingToName() {
        RunningModel model = new RunningModel(-1L, 1L).output("y", x -> oneHot(x, 3));
        assertThat(chosen(THREE_CLASSES, model)).isEmpty();
    }

    private static List<String> chosen(ArrayDataset data, RunningModel model) {
        return evaluator(data)
                .choosing(model)
                .identity(Evaluator.ALL)
                .orElseThrow()
                .outputs();
    }

    private static AccuracyEvaluator<RunningModel> evaluator(ArrayDataset data) {
        return AccuracyEvaluator.of(model -> model, data);
    }

    /** {@code pooled} gives the highest value to class 0, {@code logits} to the class that the input says. */
    private static RunningModel model(int pooled, int classes) {
        return new RunningModel(-1L, 1L)
                .output("pooled", x -> oneHot(new double[] {0}, pooled))
                .output("logits", x -> oneHot(x, classes));
    }

    private static float[] oneHot(double[] sample, int classes) {
        float[] values = new float[classes];
        if (sample[0] < classes) {
            values[(int) sample[0]] = 1;
        }
        return values;
    }

    private static ArrayDataset data(long... labels) {
        float[] x = new float[labels.length];
        for (int i = 0; i < x.length; i++) {
            x[i] = labels[i];
        }
        long samples = labels.length;
        return ArrayDataset.of(
                Map.of("x", Tensor.ofFloats(List.of(samples, 1L), x)), Tensor.ofLongs(List.of(samples), labels));
    }
}
