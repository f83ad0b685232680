package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.domain.stats.CompressionStats.LayerStats;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.evaluation.FidelityEvaluator;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A network with more weights than memory allows is compressed as any other, but for weighing its layers. */
class LargerThanMemoryTest {
    private static final Path DEMO = Path.of("..", "demo");
    private static final OnnxFormat ONNX = new OnnxFormat();
    private static final ArrayDataset INPUTS =
            ArrayDataset.load(DEMO.resolve("calibration-images.npz")).limit(40);

    private final List<ProgressEvent> events = new ArrayList<>();

    @AfterEach
    void asMuchAsThereIs() {
        System.clearProperty("wsvd.onnx.memory");
    }

    @Test
    void whatIsMadeInPartsIsWhatIsMadeOfTheWhole() {
        System.setProperty("wsvd.onnx.memory", "100000");
        CompressionResult<OnnxModel> parts = compressed(CompressionParameters.budget(0.5));
        assertThat(events.stream()
                        .filter(ProgressEvent.Notice.class::isInstance)
                        .map(event -> ((ProgressEvent.Notice) event).text()))
                .singleElement()
                .asString()
                .endsWith(" layers, such as 'stem.conv', could not be measured; all layers weigh the same: the network"
                        + " does not fit into memory, so that each run loads all of it.");
        assertThat(parts.stats().ratio(Metric.MAC)).isLessThanOrEqualTo(0.5);

        System.clearProperty("wsvd.onnx.memory");
        CompressionResult<OnnxModel> whole = compressed(CompressionParameters.plan(parts.plan()));

        assertThat(parts.stats().score().orElseThrow().compressed().orElseThrow())
                .isCloseTo(whole.stats().score().orElseThrow().compressed().orElseThrow(), within(1e-3));
        List<LayerStats> split = parts.stats().layers().stream()
                .filter(layer -> layer.outputError().isPresent())
                .toList();
        assertThat(split)
                .hasSizeGreaterThan(5)
                .allSatisfy(layer -> assertThat(layer.outputError().getAsDouble())
                        .isCloseTo(
                                whole.stats().layers().stream()
                                        .filter(other -> other.layer().equals(layer.layer()))
                                        .findFirst()
                                        .orElseThrow()
                                        .outputError()
                                        .orElseThrow(),
                                within(1e-3)));
    }

    private CompressionResult<OnnxModel> compressed(CompressionParameters parameters) {
        try (CompressibleModel<OnnxModel> model = ONNX.open(DEMO.resolve("fashion-resnet.onnx"), OpenOptions.DEFAULT)) {
            CompressionResult<OnnxModel> result = ModelCompressor.of(model)
                    .parameters(parameters)
                    .calibration(ArrayActivations.of(ONNX, INPUTS))
                    .correct()
                    .evaluator(FidelityEvaluator.of(ONNX::predictor, model.model(), INPUTS), 40)
                    .reportErrorsOn(ArrayActivations.of(ONNX, INPUTS))
                    .listener(events::add)
                    .compress();
            result.model().close();
            return result;
        }
    }
}
