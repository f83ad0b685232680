package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.evaluation.AccuracyEvaluator;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.selection.GreedySelectionParameters;
import dev.wsvd.selection.GreedySelector;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How many networks greedy selection evaluates, on a real network and real images. */
class GreedyEvaluationsTest {
    private static final Path DEMO = Path.of("..", "demo");
    private static final OnnxFormat ONNX = new OnnxFormat();
    private static final ArrayDataset DATA = ArrayDataset.load(
                    DEMO.resolve("test-images.npz"), DEMO.resolve("test-labels.npy"))
            .limit(50);

    private final CompressibleModel<OnnxModel> model =
            ONNX.open(DEMO.resolve("fashion-resnet.onnx"), OpenOptions.DEFAULT);
    private final Evaluator<OnnxModel> accuracy = AccuracyEvaluator.of(ONNX::predictor, DATA);
    private final KeptScores store = new KeptScores();

    @Test
    void onlyTheCandidatesThatThePlanDependsOnAreEvaluated() {
        PlannedCompression some = compressor(0.5, false).plan();
        assertThat(some.stats().effort().evaluations())
                .isEqualTo(1 + some.scores().entries().size());

        PlannedCompression all = compressor(0.5, true).plan();

        assertThat(all.plan()).isEqualTo(some.plan());
        assertThat(all.scores().entries()).containsAllEntriesOf(some.scores().entries());
        assertThat(some.scores().entries())
                .hasSizeLessThan(all.scores().entries().size() * 3 / 4);
        assertThat(all.stats().effort().evaluations())
                .as("those that were not saved")
                .isEqualTo(
                        all.scores().entries().size() - some.scores().entries().size());
        assertThat(withoutEvaluator(0.3).plan().stats().effort().evaluations()).isZero();
    }

    @Test
    void anotherTargetEvaluatesWhatIsNotSavedAndGetsTheSamePlan() {
        int saved = compressor(0.8, false).plan().scores().entries().size();

        PlannedCompression smaller = compressor(0.3, false).plan();

        assertThat(smaller.stats().effort().evaluations())
                .isPositive()
                .isEqualTo(smaller.scores().entries().size() - saved);
        store.kept = Optional.empty();
        assertThat(compressor(0.3, false).plan().plan()).isEqualTo(smaller.plan());
    }

    @Test
    void aScoreThatIsNeitherSavedNorCanBeMadeIsNamed() {
        compressor(0.8, false).plan();

        assertThatThrownBy(() -> withoutEvaluator(0.3).plan())
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Selection needs the score of layer 'stage1.0.conv1', input-channel rank 19, which is not"
                        + " among saved scores, and there is no evaluator to make it. Maybe give data to evaluate on.");
    }

    private ModelCompressor<OnnxModel> compressor(double target, boolean allScores) {
        return withoutEvaluator(target, allScores).evaluator(accuracy, Evaluator.ALL);
    }

    private ModelCompressor<OnnxModel> withoutEvaluator(double target) {
        return withoutEvaluator(target, false);
    }

    private ModelCompressor<OnnxModel> withoutEvaluator(double target, boolean allScores) {
        return ModelCompressor.of(model)
                .parameters(CompressionParameters.of(
                        new GreedySelector(GreedySelectionParameters.of(CompressionRatio.of(target))
                                .withCandidates(6)
                                .withAllScores(allScores))))
                .scores(store);
    }
}
