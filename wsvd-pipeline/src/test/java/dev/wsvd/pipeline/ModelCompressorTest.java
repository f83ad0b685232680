package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.cost.Costs;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.linalg.SymmetricEigen;
import dev.wsvd.domain.linalg.TruncatedSvd;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.score.ScoreRecord;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.FineTuner;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.ScoreStore;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.evaluation.AccuracyEvaluator;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.pipeline.resolve.Services;
import dev.wsvd.selection.GreedySelectionParameters;
import dev.wsvd.selection.GreedySelector;
import dev.wsvd.selection.ManualChoice;
import dev.wsvd.selection.TarSelectionParameters;
import dev.wsvd.selection.TarSelector;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The use cases, on the demo network with a real backend, a real format and real images. */
class ModelCompressorTest {
    private static final Path DEMO = Path.of("..", "demo");
    private static final OnnxFormat ONNX = new OnnxFormat();
    private static final Costs COSTS = Costs.of(Services.schemes());
    private static final ArrayDataset DATA = ArrayDataset.load(
                    DEMO.resolve("test-images.npz"), DEMO.resolve("test-labels.npy"))
            .limit(100);

    private final CompressibleModel<OnnxModel> model =
            ONNX.open(DEMO.resolve("fashion-resnet.onnx"), OpenOptions.DEFAULT);
    private final CountingEvaluator evaluator = new CountingEvaluator();
    private final CountingLinearAlgebra linearAlgebra = new CountingLinearAlgebra();
    private final MemoryStore store = new MemoryStore();

    @Test
    void decomposesEachLayerOnceAndEvaluatesAndSavesEachCandidateThatIsNeededOnce() {
        CompressionResult<OnnxModel> result = greedy(0.5).compress();

        int candidates = result.scores().entries().size();
        long scoredLayers = result.scores().entries().keySet().stream()
                .map(candidate -> candidate.layer())
                .distinct()
                .count();
        assertThat(candidates).isBetween(20, 40);
        assertThat(linearAlgebra.decompositions).isEqualTo((int) scoredLayers);
        assertThat(evaluator.calls).isEqualTo(1 + candidates + 1);
        assertThat(store.saves).isEqualTo(1 + candidates);
        assertThat(result.stats().effort().evaluations()).isEqualTo(evaluator.calls);
    }

    @Test
    void aRestartDecomposesOnlyWhatItSplitsAndEvaluatesOnlyTheResult() {
        Plan first = greedy(0.5).compress().plan();
        evaluator.calls = 0;
        linearAlgebra.decompositions = 0;

        CompressionResult<OnnxModel> second = greedy(0.5).compress();

        assertThat(second.plan()).isEqualTo(first);
        assertThat(evaluator.calls).isEqualTo(1);
        assertThat(linearAlgebra.decompositions)
                .isEqualTo(second.plan().changes().size());
    }

    @Test
    void whenEveryScoreIsSavedNoEvaluatorIsNeededAndPlanningDecomposesNothing() {
        Plan first = greedy(0.5).compress().plan();
        linearAlgebra.decompositions = 0;

        PlannedCompression planned = ModelCompressor.of(model)
                .parameters(sixCandidates(0.5))
                .scores(store)
                .backend(linearAlgebra)
                .plan();

        assertThat(planned.plan()).isEqualTo(first);
        assertThat(linearAlgebra.decompositions).isZero();
        assertThat(planned.stats().score().orElseThrow().compressed()).isEmpty();
        assertThat(planned.stats().ratio(Metric.MAC)).isLessThanOrEqualTo(0.5);
    }

    @Test
    void theScoresOfAnotherEvaluatorAreRefused() {
        greedy(0.5).compress();
        evaluator.identity = new EvaluatorIdentity("accuracy", 100, "feedfeedfeedfeed");

        assertThatThrownBy(() -> greedy(0.5).compress())
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        "The saved scores were made by accuracy on 100 samples (sha256 cafecafecafe…), this run"
                                + " evaluates with accuracy on 100 samples (sha256 feedfeedfeed…). Maybe use another scores file.");
    }

    @Test
    void theReportIsThatOfTheCompressedModelAndTheOriginalIsUnchanged() {
        Cost before = COSTS.of(model.layers());
        float[] weight = model.weights(new LayerId("stage3.0.conv2")).all();

        CompressionResult<OnnxModel> result = greedy(0.4).compress();

        CompressionStats stats = result.stats();
        assertThat(stats.before()).isEqualTo(before);
        assertThat(stats.after()).isEqualTo(COSTS.of(result.model().layers()));
        assertThat(stats.after())
                .isEqualTo(stats.layers().stream()
                        .map(CompressionStats.LayerStats::after)
                        .reduce(Cost::plus)
                        .orElseThrow());
        assertThat(stats.ratio(Metric.MAC)).isLessThanOrEqualTo(0.4);
        assertThat(stats.provenance().modelSha256()).isEqualTo(model.identity().sha256());
        assertThat(COSTS.of(model.layers())).isEqualTo(before);
        assertThat(model.weights(new LayerId("stage3.0.conv2")).all()).isEqualTo(weight);
        assertThat(stats.layers())
                .allSatisfy(layer ->
                        assertThat(layer.error().isPresent()).isEqualTo(layer.decision() instanceof Decision.Change));
    }

    @Test
    void everyLayerThatStaysDenseSaysWhy() {
        CompressionResult<OnnxModel> result = ModelCompressor.of(model)
                .parameters(CompressionParameters.greedy(0.9).ignoring("stage1.*"))
                .evaluator(evaluator, Evaluator.ALL)
                .backend(linearAlgebra)
                .compress();

        assertThat(result.plan().decision(new LayerId("stage1.0.conv1"))).isEqualTo(new Decision.Keep("ignored"));
        assertThat(result.plan().decision(new LayerId("stem.conv"))).isEqualTo(new Decision.Keep("no rank saves"));
    }

    @Test
    void anUnreachableTargetNamesTheSmallestRatioThatIsNot() {
        assertThatThrownBy(() -> greedy(0.05).compress())
                .isInstanceOfSatisfying(UnreachableTargetException.class, error -> {
                    assertThat(error.smallestRatio().orElseThrow()).isBetween(0.05, 0.5);
                    double reachable = Math.ceil(error.smallestRatio().orElseThrow() * 1e4) / 1e4;
                    assertThat(greedy(reachable).compress().stats().ratio(Metric.MAC))
                            .isLessThanOrEqualTo(reachable);
                });
    }

    @Test
    void tarEvaluatesAtMostOnceForEachIndex() {
        CompressionResult<OnnxModel> result = ModelCompressor.of(model)
                .parameters(CompressionParameters.of(new TarSelector(
                        TarSelectionParameters.of(CompressionRatio.of(0.5)).withIndices(10))))
                .evaluator(evaluator, Evaluator.ALL)
                .backend(linearAlgebra)
                .compress();

        assertThat(evaluator.calls).isLessThanOrEqualTo(1 + 10 + 1);
        assertThat(linearAlgebra.decompositions)
                .isLessThanOrEqualTo(model.layers().size());
        assertThat(result.stats().ratio(Metric.MAC)).isLessThanOrEqualTo(0.5);
        assertThat(result.stats().score().orElseThrow().compressed().orElseThrow())
                .isGreaterThan(0.5);
    }

    @Test
    void manualSplitsWhatIsNamedAndNothingElse() {
        CompressionResult<OnnxModel> result = manual(Map.of("fc1", new ManualChoice.ToRank(20)));

        assertThat(result.plan().changes())
                .containsExactly(Map.entry(new LayerId("fc1"), Choice.of("input-channel", 20)));
        assertThat(result.stats().score()).isEmpty();
        assertThat(linearAlgebra.decompositions).isEqualTo(1);
    }

    @Test
    void aManualGlobTakesWhatCanBeSplit() {
        CompressionResult<OnnxModel> result = manual(Map.of("*", new ManualChoice.ToRatio(CompressionRatio.of(0.5))));

        assertThat(result.stats().ratio(Metric.MAC)).isLessThanOrEqualTo(0.52);
        assertThat(result.plan().decision(new LayerId("stem.conv"))).isInstanceOf(Decision.Keep.class);
    }

    @Test
    void aPlanThatNamesAnUnknownLayerIsRefusedWithNearNames() {
        Plan plan = Plan.of(new LayerId("fc3"), Choice.of("input-channel", 2));

        assertThatThrownBy(() -> ModelCompressor.of(model)
                        .parameters(CompressionParameters.plan(plan))
                        .compress())
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith("The plan names a layer that the model does not have: 'fc3'. Maybe 'fc1'");
    }

    @Test
    void theFineTunerSeesEverySplitLayerInGraphOrderAndItsWorkIsKept() {
        List<String> tuned = new ArrayList<>();
        List<Integer> layersSeen = new ArrayList<>();
        FineTuner<OnnxModel> tuner = new FineTuner<>() {
            @Override
            public CompressibleModel<OnnxModel> tuneLayer(CompressibleModel<OnnxModel> current, LayerId layer) {
                tuned.add(layer.name());
                layersSeen.add(current.layers().size());
                return current;
            }

            @Override
            public CompressibleModel<OnnxModel> tuneModel(CompressibleModel<OnnxModel> current) {
                tuned.add("all");
                return current;
            }
        };

        CompressionResult<OnnxModel> result = ModelCompressor.of(model)
                .parameters(CompressionParameters.manual(Map.of(
                        "stage1.*", new ManualChoice.ToRatio(CompressionRatio.of(0.5)),
                        "fc1", new ManualChoice.ToRank(20))))
                .fineTuner(tuner)
                .backend(linearAlgebra)
                .compress();

        assertThat(tuned).containsExactly("stage1.0.conv1", "stage1.0.conv2", "fc1", "all");
        assertThat(layersSeen).containsExactly(14, 15, 16);
        assertThat(result.model().layers()).hasSize(16);
        assertThat(linearAlgebra.decompositions).isEqualTo(3);
    }

    @Test
    void aScoreThatIsNoNumberEndsTheRunWithTheCandidatesName() {
        assertThatThrownBy(() -> ModelCompressor.of(model)
                        .parameters(CompressionParameters.greedy(0.5))
                        .evaluator((candidate, iterations) -> Evaluation.of(Double.NaN), Evaluator.ALL)
                        .backend(linearAlgebra)
                        .compress())
                .isInstanceOf(WsvdException.class)
                .hasMessage(
                        "The evaluator scored the original model with NaN; a score must be a finite number. Maybe the"
                                + " model gives NaN on this data.");
    }

    private static CompressionParameters sixCandidates(double target) {
        return CompressionParameters.of(new GreedySelector(
                GreedySelectionParameters.of(CompressionRatio.of(target)).withCandidates(6)));
    }

    private ModelCompressor<OnnxModel> greedy(double target) {
        return ModelCompressor.of(model)
                .parameters(sixCandidates(target))
                .evaluator(evaluator, Evaluator.ALL)
                .scores(store)
                .backend(linearAlgebra);
    }

    private CompressionResult<OnnxModel> manual(Map<String, ManualChoice> choices) {
        return ModelCompressor.of(model)
                .parameters(CompressionParameters.manual(choices))
                .backend(linearAlgebra)
                .compress();
    }

    /** Real accuracy on real images, counted. */
    private static final class CountingEvaluator implements Evaluator<OnnxModel> {
        private final Evaluator<OnnxModel> accuracy = AccuracyEvaluator.of(ONNX::predictor, DATA);
        private EvaluatorIdentity identity = new EvaluatorIdentity("accuracy", 100, "cafecafecafecafe");
        private int calls;

        @Override
        public Evaluation evaluate(OnnxModel candidate, int iterations) {
            calls++;
            return accuracy.evaluate(candidate, iterations);
        }

        @Override
        public Optional<EvaluatorIdentity> identity(int iterations) {
            return Optional.of(identity);
        }
    }

    /** The real backend, counted. */
    private static final class CountingLinearAlgebra implements LinearAlgebra {
        private final LinearAlgebra real = new EjmlProvider().create();
        private int decompositions;

        @Override
        public TruncatedSvd svd(FloatMatrix a, int rank) {
            decompositions++;
            return real.svd(a, rank);
        }

        @Override
        public Matrix gram(FloatMatrix a) {
            return real.gram(a);
        }

        @Override
        public SymmetricEigen eigenSymmetric(Matrix a) {
            return real.eigenSymmetric(a);
        }

        @Override
        public FloatMatrix multiply(Matrix a, FloatMatrix b) {
            return real.multiply(a, b);
        }

        @Override
        public Matrix multiply(Matrix a, Matrix b) {
            return real.multiply(a, b);
        }
    }

    private static final class MemoryStore implements ScoreStore {
        private Optional<ScoreRecord> saved = Optional.empty();
        private int saves;

        @Override
        public Optional<ScoreRecord> load() {
            return saved;
        }

        @Override
        public void save(ScoreRecord scores) {
            saves++;
            saved = Optional.of(scores);
        }
    }
}
