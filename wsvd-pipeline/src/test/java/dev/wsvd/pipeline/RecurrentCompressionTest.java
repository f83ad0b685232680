package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.evaluation.AccuracyEvaluator;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.selection.ManualChoice;
import java.nio.file.Path;
import java.util.Map;
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
    void inputsAndCorrectionKeepMoreOfTheAccuracy() {
        CompressionParameters budget = CompressionParameters.budget(0.4);
        CompressionResult<OnnxModel> free = compressor(budget).compress();
        CompressionResult<OnnxModel> plain =
                compressor(budget).calibration(calibration()).compress();
        CompressionResult<OnnxModel> corrected = compressor(CompressionParameters.plan(plain.plan()))
                .calibration(calibration())
                .reportErrorsOn(calibration())
                .correct()
                .compress();

        assertThat(plain.stats().ratio(Metric.MAC)).isBetween(0.37, 0.4);
        assertThat(score(plain)).isGreaterThan(score(free) + 0.03);
        assertThat(corrected.stats().after()).isEqualTo(plain.stats().after());
        assertThat(score(corrected)).isGreaterThan(score(plain));
        assertThat(corrected.stats().layers())
                .filteredOn(layer -> layer.layer().name().matches("/cells/LSTM(_1)?"))
                .hasSize(2)
                .allMatch(layer -> layer.outputError().orElseThrow() < 0.4);
    }

    @ParameterizedTest
    @ValueSource(strings = {"greedy", "tar", "manual"})
    void scoresOrHandsChooseRanksOfInputWeightsOnly(String mode) {
        CompressionParameters parameters =
                switch (mode) {
                    case "greedy" -> CompressionParameters.greedy(0.8);
                    case "tar" -> CompressionParameters.tar(0.8);
                    default ->
                        CompressionParameters.manual(
                                Map.of("/cells/*", new ManualChoice.ToRatio(CompressionRatio.of(0.6))));
                };
        CompressionStats stats = compressor(parameters).compress().stats();

        assertThat(stats.ratio(Metric.MAC)).isBetween(0.7, 0.8);
        assertThat(stats.layers())
                .extracting(layer -> layer.layer().name() + " " + (layer.after().equals(layer.before())))
                .contains("/cells/LSTM false", "/cells/LSTM/R true", "/cells/LSTM_1 false", "/cells/LSTM_1/R true");
    }

    private ModelCompressor<OnnxModel> compressor(CompressionParameters parameters) {
        return ModelCompressor.of(model).parameters(parameters).evaluator(ACCURACY, Evaluator.ALL);
    }

    private static ArrayActivations<OnnxModel> calibration() {
        return ArrayActivations.of(ONNX, ArrayDataset.load(DEMO.resolve("calibration-images.npz")));
    }

    private static double score(CompressionResult<OnnxModel> result) {
        return result.stats().score().orElseThrow().compressed().orElseThrow();
    }
}
