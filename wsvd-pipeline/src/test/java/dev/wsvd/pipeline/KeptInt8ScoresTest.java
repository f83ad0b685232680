package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.score.ScoreRecord;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.ScoreStore;
import dev.wsvd.evaluation.AccuracyEvaluator;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.selection.BudgetSelectionParameters;
import dev.wsvd.selection.BudgetSelector;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Kept scores of networks in int8, on a real network and real images. */
class KeptInt8ScoresTest {
    private static final Path DEMO = Path.of("..", "demo");
    private static final OnnxFormat ONNX = new OnnxFormat();
    private static final CompressionRatio ALL = CompressionRatio.of(1);

    private final CompressibleModel<OnnxModel> model =
            ONNX.open(DEMO.resolve("fashion-resnet.onnx"), OpenOptions.DEFAULT);
    private final KeptScores store = new KeptScores();
    private final CountingEvaluator evaluator = new CountingEvaluator();

    @Test
    void ofTheSamePlanOnesWithOtherLayersInFloatAreOtherNetworks() {
        assertThat(evaluationsOfCurve()).isEqualTo(2);
        assertThat(evaluationsOfCurve()).isZero();
        assertThat(evaluationsOfCurve("fc1")).isEqualTo(1);

        assertThat(store.kept.orElseThrow().plans()).hasSize(3);
    }

    private int evaluationsOfCurve(String... ignored) {
        evaluator.calls = 0;
        ModelCompressor.of(model)
                .parameters(CompressionParameters.of(new BudgetSelector(BudgetSelectionParameters.of(ALL)))
                        .ignoring(ignored))
                .evaluator(evaluator, Evaluator.ALL)
                .calibration(ArrayActivations.of(
                        ONNX,
                        ArrayDataset.load(DEMO.resolve("calibration-images.npz"))
                                .limit(16)))
                .scores(store)
                .int8()
                .pareto(List.of(ALL));
        return evaluator.calls;
    }

    /** Real accuracy on real images, counted. */
    private static final class CountingEvaluator implements Evaluator<OnnxModel> {
        private final Evaluator<OnnxModel> accuracy = AccuracyEvaluator.of(
                ONNX::predictor,
                ArrayDataset.load(DEMO.resolve("test-images.npz"), DEMO.resolve("test-labels.npy"))
                        .limit(30));
        private int calls;

        @Override
        public Evaluation evaluate(OnnxModel candidate, int iterations) {
            calls++;
            return accuracy.evaluate(candidate, iterations);
        }

        @Override
        public Optional<EvaluatorIdentity> identity(int iterations) {
            return accuracy.identity(iterations);
        }
    }

    private static final class KeptScores implements ScoreStore {
        private Optional<ScoreRecord> kept = Optional.empty();

        @Override
        public Optional<ScoreRecord> load() {
            return kept;
        }

        @Override
        public void save(ScoreRecord scores) {
            kept = Optional.of(scores);
        }
    }
}
