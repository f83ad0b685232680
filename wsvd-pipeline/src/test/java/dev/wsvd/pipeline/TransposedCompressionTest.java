package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.calibration.Divergence;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.stats.CompressionStats.LayerStats;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.selection.ManualChoice;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Transposed convolutions from end to end, in a small autoencoder on real images and a real engine. */
class TransposedCompressionTest {
    private static final OnnxFormat ONNX = new OnnxFormat();
    private static final ArrayActivations<OnnxModel> CALIBRATION = images("calibration-images.npz", 200);
    private static final ArrayActivations<OnnxModel> HELD_OUT = images("test-images.npz", 300);

    private final CompressibleModel<OnnxModel> model =
            ONNX.open(Path.of("src", "test", "resources", "autoencoder", "autoencoder.onnx"), OpenOptions.DEFAULT);
    private final Divergence<OnnxModel> divergence = new Divergence<>(HELD_OUT, model.model());

    private static ArrayActivations<OnnxModel> images(String file, int samples) {
        return ArrayActivations.of(
                ONNX, ArrayDataset.load(Path.of("..", "demo", file)).limit(samples));
    }

    private static LayerId layer(String name) {
        return new LayerId("/" + name + "/ConvTranspose");
    }

    /** Half of its MACs cost less than half a percent of the outputs' variance, a fifth less than a tenth of that. */
    @ParameterizedTest
    @CsvSource({"0.8, 0.0006", "0.5, 0.005"})
    void withCalibrationLittleOfTheOutputsIsLost(double target, double most) {
        CompressionResult<OnnxModel> result = ModelCompressor.of(model)
                .parameters(CompressionParameters.budget(target))
                .calibration(CALIBRATION)
                .correct()
                .reportErrorsOn(HELD_OUT)
                .compress();

        assertThat(result.stats().ratio(Metric.MAC)).isBetween(target - 0.02, target);
        assertThat(result.plan().changes()).containsKey(layer("overlapping"));
        assertThat(result.model().stagesOf(layer("overlapping"))).hasSize(2);
        assertThat(changed(result)).allMatch(it -> it.outputError().isPresent());
        assertThat(divergence.of(result.model().model())).isLessThan(most);
    }

    @Test
    void withoutInputsTheWeightsDecide() {
        CompressionResult<OnnxModel> free = ModelCompressor.of(model)
                .parameters(CompressionParameters.budget(0.5))
                .compress();

        assertThat(free.plan().changes()).containsKey(layer("overlapping"));
        assertThat(free.stats().ratio(Metric.MAC)).isBetween(0.48, 0.5);
        assertThat(divergence.of(free.model().model())).isLessThan(0.1);
    }

    /** Taps that overlap, that lie beside each other, and with outputs left out. */
    @ParameterizedTest
    @CsvSource({
        "overlapping, input-channel, 20",
        "overlapping, output-channel, 20",
        "overlapping, spatial, 60",
        "beside, input-channel, 10",
        "beside, output-channel, 10",
        "beside, spatial, 20",
        "fine, input-channel, 5",
        "fine, output-channel, 4"
    })
    void thePredictedErrorIsTheMeasuredOne(String name, String form, int rank) {
        LayerStats split = changed(of(layer(name), Choice.of(form, rank))).get(0);

        assertThat(split.outputError().orElseThrow())
                .isCloseTo(split.error().orElseThrow(), within(1e-4))
                .isGreaterThan(1e-3);
    }

    @Test
    void correctionMakesUpForLayersBefore() {
        Plan plan = plan(Map.of(
                layer("overlapping"), Choice.of("input-channel", 12),
                layer("beside"), new Choice("tucker-2", List.of(16, 12)),
                layer("fine"), Choice.of("input-channel", 8)));

        double plain = divergence.of(planned(plan).compress().model().model());
        double corrected =
                divergence.of(planned(plan).correct().compress().model().model());

        assertThat(corrected).isLessThan(0.95 * plain);
    }

    @ParameterizedTest
    @ValueSource(strings = {"greedy", "tar"})
    void searchesByScoreSplitThem(String selection) {
        CompressionResult<OnnxModel> result = ModelCompressor.of(model)
                .parameters(
                        selection.equals("greedy") ? CompressionParameters.greedy(0.7) : CompressionParameters.tar(0.7))
                .evaluator(this::likeness, 2)
                .compress();

        assertThat(result.stats().ratio(Metric.MAC)).isLessThanOrEqualTo(0.7);
        assertThat(result.plan().changes()).containsKey(layer("overlapping"));
    }

    @Test
    void aRatioByHandIsMet() {
        CompressionResult<OnnxModel> result = ModelCompressor.of(model)
                .parameters(CompressionParameters.manual(
                        Map.of("/beside/ConvTranspose", new ManualChoice.ToRatio(CompressionRatio.of(0.5)))))
                .compress();

        assertThat(result.plan().changes()).containsOnlyKeys(layer("beside"));
        assertThat(changed(result))
                .singleElement()
                .satisfies(it -> assertThat(it.ratio(Metric.MAC)).isBetween(0.45, 0.5));
    }

    private Evaluation likeness(OnnxModel other, int samples) {
        return Evaluation.of(1 - divergence.of(other));
    }

    private CompressionResult<OnnxModel> of(LayerId layer, Choice choice) {
        return planned(plan(Map.of(layer, choice))).reportErrorsOn(CALIBRATION).compress();
    }

    private ModelCompressor<OnnxModel> planned(Plan plan) {
        return ModelCompressor.of(model)
                .parameters(CompressionParameters.plan(plan))
                .calibration(CALIBRATION);
    }

    private static Plan plan(Map<LayerId, Choice> choices) {
        return new Plan(choices.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, entry -> new Decision.Change(entry.getValue()))));
    }

    private static List<LayerStats> changed(CompressionResult<OnnxModel> result) {
        return result.stats().layers().stream()
                .filter(it -> result.plan().changes().containsKey(it.layer()))
                .toList();
    }
}
