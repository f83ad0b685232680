package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.SelectionProblem;
import dev.wsvd.domain.spi.Selector;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.evaluation.FidelityEvaluator;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Kept scores of networks in int8 beside those in float: one plan makes several networks, and none has the score of another. */
class Int8ScoresTest {
    private static final Path DEMO = Path.of("..", "demo");
    private static final OnnxFormat ONNX = new OnnxFormat();
    private static final ArrayDataset CALIBRATION =
            ArrayDataset.load(DEMO.resolve("calibration-images.npz")).limit(20);
    private static final ArrayDataset DATA =
            ArrayDataset.load(DEMO.resolve("test-images.npz")).limit(40);
    private static final Plan PLAN = Plan.of(new LayerId("fc1"), Choice.of("input-channel", 40));
    private static final String[] ALL_OTHERS = {"stem*", "stage*", "fc2"};

    private final CompressibleModel<OnnxModel> model =
            ONNX.open(DEMO.resolve("fashion-resnet.onnx"), OpenOptions.DEFAULT);
    private final KeptScores store = new KeptScores();

    /** Has one plan scored as it would be handed over. Fidelity is no round number. */
    private static final class Scored implements Selector {
        private double score;

        @Override
        public String id() {
            return "scored";
        }

        @Override
        public Plan select(SelectionProblem problem) {
            score = problem.planScore(PLAN, "the plan").score();
            return PLAN;
        }
    }

    private ModelCompressor<OnnxModel> compressor(CompressionParameters parameters) {
        return ModelCompressor.of(model)
                .parameters(parameters)
                .calibration(ArrayActivations.of(ONNX, CALIBRATION))
                .evaluator(FidelityEvaluator.of(ONNX::predictor, model.model(), DATA), Integer.MAX_VALUE);
    }

    private double inFloat(KeptScores kept, String... ignored) {
        Scored selector = new Scored();
        compressor(CompressionParameters.of(selector).ignoring(ignored))
                .scores(kept)
                .plan();
        return selector.score;
    }

    private double inInt8(KeptScores kept, String... ignored) {
        Scored selector = new Scored();
        compressor(CompressionParameters.of(selector).ignoring(ignored))
                .int8()
                .scores(kept)
                .plan();
        return selector.score;
    }

    /** Where all layers in int8 are replaced ones, only that they are in int8 tells the networks apart. */
    @Test
    void aNetworkInInt8HasNotTheScoreOfThatInFloat() {
        double inFloat = inFloat(store, ALL_OTHERS);

        double inInt8 = inInt8(store, ALL_OTHERS);

        assertThat(inInt8).isEqualTo(inInt8(new KeptScores(), ALL_OTHERS)).isNotEqualTo(inFloat);
        assertThat(inFloat(store, ALL_OTHERS)).isEqualTo(inFloat);
    }

    @Test
    void aNetworkHasNotTheScoreOfThatWithOtherLayersInInt8() {
        double all = inInt8(store);

        double fewer = inInt8(store, "stage*");

        assertThat(fewer).isEqualTo(inInt8(new KeptScores(), "stage*")).isNotEqualTo(all);
        assertThat(inInt8(store)).isEqualTo(all);
    }

    /** Candidates are compared in float whatever is made at last. */
    @Test
    void candidatesOfANetworkInInt8HaveTheScoresOfThoseInFloat() {
        PlannedCompression inFloat =
                compressor(CompressionParameters.greedy(0.7)).scores(store).plan();

        PlannedCompression inInt8 = compressor(CompressionParameters.greedy(0.7))
                .int8()
                .scores(new KeptScores())
                .plan();
        PlannedCompression again = compressor(CompressionParameters.greedy(0.7))
                .int8()
                .scores(store)
                .plan();

        assertThat(inInt8.scores().entries())
                .isNotEmpty()
                .isEqualTo(inFloat.scores().entries());
        assertThat(inInt8.stats().effort().evaluations()).isPositive();
        assertThat(again.stats().effort().evaluations()).isZero();
    }
}
