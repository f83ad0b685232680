package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.score.ConfidenceInterval;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.domain.spi.ScoreStore;
import dev.wsvd.domain.stats.CompressionStats.LayerStats;
import dev.wsvd.domain.stats.CompressionStats.Score;
import dev.wsvd.evaluation.AccuracyEvaluator;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.evaluation.FidelityEvaluator;
import dev.wsvd.selection.BudgetSelectionParameters;
import dev.wsvd.selection.BudgetSelector;
import dev.wsvd.selection.GreedySelectionParameters;
import dev.wsvd.selection.GreedySelector;
import dev.wsvd.selection.ManualChoice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

/** How uncertain the report says that its figures are, on the demo network with real images. */
class UncertaintyTest {
    private static final Path DEMO = Path.of("..", "demo");
    private static final OnnxFormat ONNX = new OnnxFormat();
    private static final ArrayDataset DATA = ArrayDataset.load(
                    DEMO.resolve("test-images.npz"), DEMO.resolve("test-labels.npy"))
            .limit(200);
    private static final AccuracyEvaluator<OnnxModel> ACCURACY = AccuracyEvaluator.of(ONNX::predictor, DATA);

    private final CompressibleModel<OnnxModel> model =
            ONNX.open(DEMO.resolve("fashion-resnet.onnx"), OpenOptions.DEFAULT);
    private final List<String> notices = new ArrayList<>();

    @Test
    void anAccuracyHasItsIntervalsAndThatOfTheDrop() {
        CompressionResult<OnnxModel> result =
                half().evaluator(ACCURACY, Evaluator.ALL).compress();

        Evaluation before = ACCURACY.evaluate(model.model(), Evaluator.ALL);
        Evaluation after = ACCURACY.evaluate(result.model().model(), Evaluator.ALL);
        assertThat(after.score()).isLessThan(before.score());
        assertThat(score(result))
                .isEqualTo(Score.of(ACCURACY.identity(Evaluator.ALL).orElseThrow(), before, after));
    }

    @Test
    void aScoreOfWhichNothingIsKnownHasNoInterval() {
        Score fidelity =
                score(half().evaluator(FidelityEvaluator.of(ONNX::predictor, model.model(), DATA), Evaluator.ALL)
                        .compress());

        assertThat(fidelity.samples()).isEqualTo(200);
        assertThat(fidelity.compressed()).isPresent();
        assertThat(fidelity.baselineInterval()).isEmpty();
        assertThat(fidelity.compressedInterval()).isEmpty();
        assertThat(fidelity.dropInterval()).isEmpty();
    }

    @Test
    void aBaselineFromSavedScoresHasItsIntervalButNoPairs() {
        ScoreStore store = new KeptScores();
        CompressionParameters greedy = CompressionParameters.of(new GreedySelector(
                GreedySelectionParameters.of(CompressionRatio.of(0.7)).withCandidates(2)));
        Score first = score(compressor(greedy)
                .scores(store)
                .evaluator(ACCURACY, Evaluator.ALL)
                .compress());
        Score resumed = score(compressor(greedy)
                .scores(store)
                .evaluator(ACCURACY, Evaluator.ALL)
                .compress());

        assertThat(first.dropInterval()).isPresent();
        assertThat(resumed.baselineInterval())
                .isEqualTo(first.baselineInterval())
                .contains(ConfidenceInterval.wilson(first.baseline().orElseThrow(), 200));
        assertThat(resumed.compressedInterval()).isEqualTo(first.compressedInterval());
        assertThat(resumed.dropInterval()).isEmpty();

        Score planned = compressor(greedy).scores(store).plan().stats().score().orElseThrow();
        assertThat(planned.baseline()).isEqualTo(first.baseline());
        assertThat(planned.baselineInterval()).isEmpty();
    }

    @Test
    void greedyDoesNotChooseByTheLuckOfFewSamples() {
        CompressionResult<OnnxModel> result = compressor(CompressionParameters.greedy(0.5))
                .evaluator(ACCURACY, Evaluator.ALL)
                .compress();

        ArrayDataset all = ArrayDataset.load(DEMO.resolve("test-images.npz"), DEMO.resolve("test-labels.npy"));
        AccuracyEvaluator<OnnxModel> accuracy = AccuracyEvaluator.of(ONNX::predictor, all);
        // By the scores as they are it would be 0.73.
        assertThat(accuracy.evaluate(result.model().model(), Evaluator.ALL).score())
                .isGreaterThan(0.915);
    }

    @Test
    void aDropThatTheSamplesCannotTellIsSaid() {
        Score score = score(drop(0.01).evaluator(ACCURACY, Evaluator.ALL).compress());

        ConfidenceInterval drop = score.dropInterval().orElseThrow();
        assertThat(drop.halfWidth()).isGreaterThan(0.01);
        assertThat(notices)
                .hasSize(2)
                .last()
                .isEqualTo(String.format(
                        Locale.ROOT,
                        "The drop allowed, 0.01, is less than the samples can tell apart: the real drop of the model"
                                + " chosen is %.4f … %.4f (95 %%). Maybe score on more samples.",
                        drop.low(),
                        drop.high()));
    }

    @Test
    void aDropThatTheSamplesCanTellOrOfWhichNothingIsKnownIsNotSaid() {
        drop(0.2).evaluator(ACCURACY, Evaluator.ALL).compress();
        drop(0.01)
                .evaluator((m, n) -> Evaluation.of(ACCURACY.evaluate(m, n).score()), Evaluator.ALL)
                .compress();

        assertThat(notices)
                .filteredOn(notice -> notice.startsWith("The smallest ratio found that keeps the score is 0."))
                .hasSize(2);
        assertThat(notices).noneMatch(notice -> notice.contains("samples can tell"));
    }

    @Test
    void aDropThatAllowsAnythingIsSaid() {
        drop(1).evaluator(ACCURACY, Evaluator.ALL).compress();

        assertThat(notices.get(0))
                .isEqualTo(
                        "The drop allowed, 1.0, is as much as the whole score of the original, 0.92, so that any model"
                                + " passes. Maybe 0.01 was meant.");
        assertThat(notices.get(1)).endsWith("; there is no smaller one.");
    }

    @Test
    void theErrorsPredictedFromOtherImagesAreMeasuredAtTheFirstLayerAndGrowAfterIt() {
        CompressionResult<OnnxModel> result = half().calibration(ArrayActivations.of(
                        ONNX,
                        ArrayDataset.load(DEMO.resolve("calibration-images.npz"))
                                .limit(200)))
                .reportErrorsOn(ArrayActivations.of(ONNX, DATA))
                .compress();

        List<LayerStats> split = result.stats().layers().stream()
                .filter(layer -> layer.error().isPresent())
                .toList();
        assertThat(split).hasSize(2).allMatch(layer -> layer.outputError().isPresent());
        assertThat(split.get(0).outputError().orElseThrow())
                .isCloseTo(split.get(0).error().orElseThrow(), within(0.01));
        assertThat(split.get(1).outputError().orElseThrow())
                .isGreaterThan(split.get(1).error().orElseThrow() + 0.02);
        assertThat(result.stats().layers())
                .filteredOn(layer -> layer.error().isEmpty())
                .allMatch(layer -> layer.outputError().isEmpty());
    }

    @Test
    void thatOutputsCannotBeMeasuredCostsNoResult() {
        CompressionResult<OnnxModel> result =
                half().reportErrorsOn(new FailingActivations()).compress();

        assertThat(result.plan().changes()).hasSize(2);
        assertThat(notices).containsExactly("The relative output errors of layers are not measured: The engine fails.");
    }

    private ModelCompressor<OnnxModel> half() {
        ManualChoice.ToRank rank = new ManualChoice.ToRank(4);
        return compressor(CompressionParameters.manual(Map.of("stage1.0.conv2", rank, "stage2.1.conv1", rank)));
    }

    private ModelCompressor<OnnxModel> drop(double most) {
        return compressor(CompressionParameters.of(new BudgetSelector(
                new BudgetSelectionParameters(Optional.empty(), Map.of(), OptionalDouble.of(most)))));
    }

    private ModelCompressor<OnnxModel> compressor(CompressionParameters parameters) {
        return ModelCompressor.of(model).parameters(parameters).listener(event -> {
            if (event instanceof ProgressEvent.Notice notice) {
                notices.add(notice.text());
            }
        });
    }

    private static Score score(CompressionResult<?> result) {
        return result.stats().score().orElseThrow();
    }

    private static final class FailingActivations implements Activations<OnnxModel> {
        @Override
        public long samples() {
            return DATA.samples();
        }

        @Override
        public void requireFit(OnnxModel model) {
            throw new ModelFormatException("Errors are reported, not refused.");
        }

        @Override
        public Watch watch(OnnxModel model, Collection<LayerId> layers, int batchSize) {
            throw new ModelFormatException("The engine fails.");
        }
    }
}
