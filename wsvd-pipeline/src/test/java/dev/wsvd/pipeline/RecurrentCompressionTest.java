package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.evaluation.AccuracyEvaluator;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two stacked LSTMs in both directions, trained on the images of the demo. */
class RecurrentCompressionTest {
    private static final Path DEMO = Path.of("..", "demo");
    private static final OnnxFormat ONNX = new OnnxFormat();
    private static final AccuracyEvaluator<OnnxModel> ACCURACY = AccuracyEvaluator.of(
            ONNX::predictor,
            ArrayDataset.load(DEMO.resolve("test-images.npz"), DEMO.resolve("test-labels.npy"))
                    .limit(1_000));

    private final CompressibleModel<OnnxModel> model =
            ONNX.open(Path.of("src", "test", "resources", "recurrent", "fashion-lstm.onnx"), OpenOptions.DEFAULT);

    @Test
    void inputsAndCorrectionKeepMuchMoreOfTheAccuracy() {
        CompressionParameters budget = CompressionParameters.budget(0.5);
        CompressionResult<OnnxModel> free = compressor(budget).compress();
        CompressionResult<OnnxModel> plain =
                compressor(budget).calibration(calibration()).compress();
        CompressionResult<OnnxModel> corrected = compressor(CompressionParameters.plan(plain.plan()))
                .calibration(calibration())
                .correct()
                .compress();

        assertThat(plain.stats().ratio(Metric.MAC)).isBetween(0.45, 0.5);
        assertThat(score(plain)).isGreaterThan(score(free));
        assertThat(corrected.stats().after()).isEqualTo(plain.stats().after());
        assertThat(score(corrected)).isGreaterThan(score(plain));
        assertThat(corrected.stats().layers())
                .filteredOn(layer -> layer.id().name().matches("/cells/LSTM(_1)?"))
                .hasSize(2)
                .allMatch(layer -> layer.outputError().isPresent());
    }

    @ParameterizedTest
    @ValueSource(strings = {"greedy", "tar"})
    void scoresChooseRanksOfInputWeights(String mode) {
        CompressionParameters parameters =
                mode.equals("greedy") ? CompressionParameters.greedy(0.8) : CompressionParameters.tar(0.8);
        CompressionStats stats = compressor(parameters).compress().stats();
        assertThat(stats.ratio(Metric.MAC)).isLessThanOrEqualTo(0.8);
        assertThat(stats.layers())
                .filteredOn(layer -> layer.id().equals(new LayerId("/cells/LSTM/R")))
                .hasSize(1);
    }

    private ModelCompressor<OnnxModel> compressor(CompressionParameters parameters) {
        return ModelCompressor.of(model).parameters(parameters).evaluator(ACCURACY, 500);
    }

    private static ArrayActivations<OnnxModel> calibration() {
        return ArrayActivations.of(ONNX, ArrayDataset.load(DEMO.resolve("calibration-images.npz")));
    }

    private static double score(CompressionResult<OnnxModel> result) {
        return result.stats().score().orElseThrow().compressed().orElseThrow();
    }
}
