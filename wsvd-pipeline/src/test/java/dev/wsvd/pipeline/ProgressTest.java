package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.FineTuner;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.domain.spi.ProgressEvent.Advanced;
import dev.wsvd.domain.spi.ProgressEvent.Drafted;
import dev.wsvd.domain.spi.ProgressEvent.Evaluated;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.evaluation.AccuracyEvaluator;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.selection.BudgetSelectionParameters;
import dev.wsvd.selection.BudgetSelector;
import dev.wsvd.selection.ManualChoice;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What runs on the demo network tell of how far they are. */
class ProgressTest {
    private static final Path DEMO = Path.of("..", "demo");
    private static final OnnxFormat ONNX = new OnnxFormat();
    private static final ArrayDataset TEST =
            ArrayDataset.load(DEMO.resolve("test-images.npz"), DEMO.resolve("test-labels.npy"));
    private static final ArrayDataset CALIBRATION = ArrayDataset.load(DEMO.resolve("calibration-images.npz"));

    private final CompressibleModel<OnnxModel> model =
            ONNX.open(DEMO.resolve("fashion-resnet.onnx"), OpenOptions.DEFAULT);
    private final List<ProgressEvent> events = new ArrayList<>();

    private ModelCompressor<OnnxModel> compressor(CompressionParameters parameters) {
        return ModelCompressor.of(model).parameters(parameters).listener(events::add);
    }

    private ModelCompressor<OnnxModel> calibrated(CompressionParameters parameters) {
        return compressor(parameters).calibration(ArrayActivations.of(ONNX, CALIBRATION.limit(50)));
    }

    /** Of a few layers that are soon decomposed. */
    private static CompressionParameters small(CompressionParameters parameters) {
        return parameters.ignoring("stage2.*", "stage3.*");
    }

    private static AccuracyEvaluator<OnnxModel> accuracy() {
        return AccuracyEvaluator.of(ONNX::predictor, TEST.limit(300));
    }

    private List<Advanced> advanced() {
        return events.stream()
                .filter(Advanced.class::isInstance)
                .map(Advanced.class::cast)
                .toList();
    }

    private List<Stage> stages() {
        return advanced().stream().map(Advanced::stage).distinct().toList();
    }

    /** From 0 they rise to 1, which is the end and nothing else is. */
    private void requireHonestShares() {
        List<Advanced> all = advanced();
        assertThat(all.get(0)).isEqualTo(new Advanced(0, Optional.empty(), Stage.OPEN, "the model"));
        assertThat(all).extracting(Advanced::share).isSortedAccordingTo(Comparator.naturalOrder());
        Advanced last = all.get(all.size() - 1);
        assertThat(last.share()).isEqualTo(1);
        assertThat(last.left()).hasValue(Duration.ZERO);
        assertThat(all.subList(0, all.size() - 1)).allMatch(event -> event.share() < 1);
    }

    private void requireSteadyShares() {
        requireHonestShares();
        assertThat(advanced().stream().map(Advanced::share).distinct())
                .as("shares on the way")
                .hasSizeGreaterThan(4);
    }

    @Test
    void greedySelectionByScores() {
        compressor(small(CompressionParameters.greedy(0.85)))
                .evaluator(accuracy(), 300)
                .compress();

        assertThat(stages()).containsExactly(Stage.OPEN, Stage.DECOMPOSE, Stage.EVALUATE, Stage.REPLACE);
        requireSteadyShares();
        assertThat(advanced())
                .filteredOn(event -> event.name().equals("the original model"))
                .as("its beginning, three batches, and its end")
                .hasSize(5);
        assertThat(events).filteredOn(Evaluated.class::isInstance).hasSizeGreaterThan(15);
    }

    @Test
    void aReportSoFarHasAllScoresThatAreMade() {
        List<CompressionStats> drafts = new ArrayList<>();
        List<Double> scored = new ArrayList<>();
        ModelCompressor.of(model)
                .parameters(small(CompressionParameters.greedy(0.85)))
                .evaluator(accuracy(), 300)
                .listener(event -> {
                    if (event instanceof Drafted drafted) {
                        drafts.add(drafted.report().get());
                    } else if (event instanceof Evaluated evaluated) {
                        scored.add(evaluated.score());
                    }
                })
                .compress();

        assertThat(drafts)
                .hasSize(scored.size() + 1)
                .allMatch(draft -> draft.before().equals(draft.after()));
        assertThat(scoresOfCandidates(drafts.get(0))).isEmpty();
        assertThat(scoresOfCandidates(drafts.get(drafts.size() - 1)))
                .as("all but those of the original and of the compressed model")
                .containsExactlyInAnyOrderElementsOf(scored.subList(1, scored.size() - 1));
    }

    private static List<Double> scoresOfCandidates(CompressionStats stats) {
        return stats.layers().stream()
                .flatMap(layer -> layer.details().orElseThrow().candidates().stream())
                .flatMap(candidate -> candidate.score().stream().boxed())
                .toList();
    }

    @Test
    void budgetAndCorrection() {
        calibrated(small(CompressionParameters.budget(0.85)))
                .correct()
                .evaluator(accuracy(), 300)
                .reportErrorsOn(ArrayActivations.of(ONNX, TEST.limit(300)))
                .compress();

        assertThat(stages())
                .containsExactly(
                        Stage.OPEN,
                        Stage.EVALUATE,
                        Stage.CALIBRATE,
                        Stage.DECOMPOSE,
                        Stage.WEIGH,
                        Stage.SELECT,
                        Stage.REPLACE,
                        Stage.CORRECT,
                        Stage.MEASURE);
        requireSteadyShares();
        assertThat(advanced())
                .filteredOn(event -> event.stage() == Stage.CALIBRATE)
                .as("batches of what is learnt in one step")
                .hasSizeGreaterThan(2);
        assertThat(advanced())
                .filteredOn(event -> event.stage() == Stage.MEASURE)
                .hasSizeGreaterThan(6);
        assertThat(advanced())
                .filteredOn(event -> event.stage() == Stage.CORRECT)
                .as("batches that layers are corrected on")
                .hasSizeGreaterThan(8);
    }

    @Test
    void theSearchForTheSmallestModel() {
        BudgetSelectionParameters within =
                new BudgetSelectionParameters(Optional.empty(), Map.of(), OptionalDouble.of(0.02));
        calibrated(small(CompressionParameters.of(new BudgetSelector(within))))
                .evaluator(accuracy(), 300)
                .compress();

        requireSteadyShares();
        List<Double> trials = new ArrayList<>();
        double share = 0;
        for (ProgressEvent event : events) {
            if (event instanceof Advanced run) {
                share = run.share();
            } else if (event instanceof Evaluated made && made.name().startsWith("ratio")) {
                trials.add(share);
            }
        }
        assertThat(trials)
                .as("it does not stand near the end while networks are tried")
                .hasSizeGreaterThan(1);
        assertThat(trials.get(0)).isLessThan(trials.get(trials.size() - 1));
    }

    @Test
    void aDryRun() {
        calibrated(small(CompressionParameters.budget(0.85))).plan();

        assertThat(stages()).containsExactly(Stage.OPEN, Stage.CALIBRATE, Stage.DECOMPOSE, Stage.WEIGH, Stage.SELECT);
        requireSteadyShares();
    }

    @Test
    void aCurve() {
        calibrated(small(CompressionParameters.budget(0.85)))
                .evaluator(accuracy(), 300)
                .pareto(List.of(CompressionRatio.of(0.9), CompressionRatio.of(0.8)));

        assertThat(stages()).contains(Stage.CALIBRATE, Stage.WEIGH, Stage.REPLACE, Stage.EVALUATE);
        requireSteadyShares();
    }

    @Test
    void aPlanThatIsGiven() {
        CompressionResult<OnnxModel> made =
                calibrated(small(CompressionParameters.budget(0.85))).compress();
        events.clear();
        calibrated(CompressionParameters.plan(made.plan())).correct().compress();

        assertThat(stages()).containsExactly(Stage.OPEN, Stage.CALIBRATE, Stage.REPLACE, Stage.CORRECT);
        requireSteadyShares();
    }

    @Test
    void fineTuning() {
        compressor(CompressionParameters.manual(Map.of("fc1", new ManualChoice.ToRank(10))))
                .fineTuner(new FineTuner<>() {})
                .compress();

        assertThat(stages()).containsExactly(Stage.OPEN, Stage.REPLACE, Stage.FINE_TUNE);
        requireHonestShares();
    }

    @Test
    void int8() {
        calibrated(CompressionParameters.manual(Map.of("fc1", new ManualChoice.ToRank(10))))
                .int8()
                .compress();

        assertThat(stages()).contains(Stage.REPLACE, Stage.FINISH, Stage.CORRECT);
        requireHonestShares();
        List<Double> shares = advanced().stream()
                .filter(event -> event.stage() == Stage.CORRECT)
                .map(Advanced::share)
                .toList();
        assertThat(shares).isSorted();
        assertThat(Set.copyOf(shares)).hasSizeGreaterThan(3);
    }

    @Test
    void aRunThatFailsIsNeverDone() {
        assertThatThrownBy(() -> calibrated(small(CompressionParameters.budget(0.000_001)))
                        .compress())
                .isInstanceOf(UnreachableTargetException.class);

        assertThat(advanced()).isNotEmpty().allMatch(event -> event.share() < 1);
    }
}
