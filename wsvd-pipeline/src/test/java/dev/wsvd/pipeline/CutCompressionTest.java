package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.spi.Activations.Watch;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.FineTuner;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.AccuracyEvaluator;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Channel pruning from end to end, on the demo network with real images and a real engine. */
class CutCompressionTest {
    private static final Path DEMO = Path.of("..", "demo");
    private static final OnnxFormat ONNX = new OnnxFormat();
    private static final int CLASSES = 10;
    private static final String CUT = "channel-pruning";
    private static final AccuracyEvaluator<OnnxModel> ACCURACY = AccuracyEvaluator.of(
            ONNX::predictor,
            ArrayDataset.load(DEMO.resolve("test-images.npz"), DEMO.resolve("test-labels.npy"))
                    .limit(1_000));

    private final CompressibleModel<OnnxModel> model =
            ONNX.open(DEMO.resolve("fashion-resnet.onnx"), OpenOptions.DEFAULT);

    private ModelCompressor<OnnxModel> compressor(double target) {
        return ModelCompressor.of(model)
                .parameters(CompressionParameters.budget(target))
                .evaluator(ACCURACY, 1_000);
    }

    private static ArrayActivations<OnnxModel> calibration() {
        return ArrayActivations.of(
                ONNX, ArrayDataset.load(DEMO.resolve("calibration-images.npz")).limit(200));
    }

    @Test
    void cutsAreFittedToInputsAndCorrected() {
        CompressionResult<OnnxModel> plain =
                compressor(0.25).scheme(CUT).calibration(calibration()).compress();
        CompressionResult<OnnxModel> corrected = compressor(0.25)
                .scheme(CUT)
                .calibration(calibration())
                .correct()
                .reportErrorsOn(images())
                .compress();

        assertThat(corrected.stats().ratio(Metric.MAC)).isBetween(0.22, 0.25);
        assertThat(corrected.stats().layers())
                .allMatch(layer ->
                        layer.outputError().isPresent() == !layer.after().equals(layer.before()));
        assertThat(corrected.stats().layers())
                .filteredOn(layer -> layer.outputError().isPresent())
                .hasSizeGreaterThan(corrected.plan().changes().size())
                .allMatch(layer -> layer.outputError().orElseThrow() < 0.7);
        // The last layer gives what the network does.
        assertThat(corrected.stats().layers())
                .last()
                .satisfies(layer -> assertThat(layer.outputError().orElseThrow())
                        .isCloseTo(missed(corrected.model()), within(1e-5)));
        assertThat(corrected.model().layers()).hasSameSizeAs(model.layers());
        // As many as ONNX Runtime's convolutions compute at once.
        assertThat(corrected.plan().changes().entrySet().stream()
                        .filter(change -> ofWholeBlocks().contains(change.getKey()))
                        .map(change -> change.getValue().rank()))
                .isNotEmpty()
                .allMatch(units -> units % 16 == 0);
        assertThat(score(corrected)).isGreaterThan(score(plain)).isGreaterThan(0.9);
    }

    private static ArrayActivations<OnnxModel> images() {
        return ArrayActivations.of(
                ONNX, ArrayDataset.load(DEMO.resolve("test-images.npz")).limit(200));
    }

    /** √(Σ‖y − y′‖² / Σ‖y − ȳ‖²) of the network's logits. */
    private double missed(CompressibleModel<OnnxModel> small) {
        Tensor given = given(model);
        Tensor now = given(small);
        double noise = 0;
        double signal = 0;
        for (int c = 0; c < CLASSES; c++) {
            double sum = 0;
            for (int i = c; i < given.elements(); i += CLASSES) {
                sum += given.getDouble(i);
                signal += Math.pow(given.getDouble(i), 2);
                noise += Math.pow(given.getDouble(i) - now.getDouble(i), 2);
            }
            signal -= sum * sum * CLASSES / given.elements();
        }
        return Math.sqrt(noise / signal);
    }

    private static Tensor given(CompressibleModel<OnnxModel> of) {
        try (Watch watch = images().watch(of.model(), List.of(), 200)) {
            return watch.run(0, 200).values().iterator().next().copy();
        }
    }

    private List<LayerId> ofWholeBlocks() {
        return model.couplings().stream()
                .filter(coupling -> coupling.layers().stream().allMatch(layer -> layer.op() instanceof Convolution)
                        && coupling.perGroup() % 16 == 0
                        && coupling.perGroup() >= 64)
                .map(coupling -> coupling.layer().id())
                .toList();
    }

    @Test
    void withoutInputsCutsAreMadeWhereNothingElseIsAskedFor() {
        assertThat(forms(compressor(0.3).plan().plan())).isNotEmpty().doesNotContain(CUT);
        assertThat(forms(compressor(0.6).scheme(CUT).plan().plan())).containsOnly(CUT);
    }

    /** A cut keeps units; it has no rank. */
    @Test
    void peopleReadHowManyUnitsStay() {
        Plan plan = Plan.of(new LayerId("fc2"), Choice.of(CUT, 88));

        PlannedCompression planned = ModelCompressor.of(model)
                .parameters(CompressionParameters.plan(plan))
                .plan();

        assertThat(planned.stats().layers())
                .filteredOn(layer -> layer.decision() instanceof Decision.Change)
                .singleElement()
                .satisfies(layer -> assertThat(layer.size()).isEqualTo("88 of 128 units"));
        ModelCompressor<OnnxModel> unscored =
                ModelCompressor.of(model).scheme(CUT).parameters(CompressionParameters.greedy(0.5));
        assertThatThrownBy(unscored::plan)
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        "Selection needs the score of layer 'stage1.0.conv1', channel-pruning 3 of 32 units, which is"
                                + " not among saved scores, and there is no evaluator to make it. Maybe give data to evaluate"
                                + " on.");
    }

    @Test
    void withInputsTheyCompeteWithSplits() {
        assertThat(forms(compressor(0.5)
                        .calibration(calibration())
                        .correct()
                        .plan()
                        .plan()))
                .contains(CUT, "input-channel");
    }

    @Test
    void cutsAreFineTunedBeforeSplits() {
        Plan plan = new Plan(Map.of(
                new LayerId("stage1.0.conv1"),
                new Decision.Change(Choice.of("input-channel", 8)),
                new LayerId("fc2"),
                new Decision.Change(Choice.of(CUT, 64))));
        List<String> tuned = new ArrayList<>();

        CompressionResult<OnnxModel> result = ModelCompressor.of(model)
                .parameters(CompressionParameters.plan(plan))
                .fineTuner(new FineTuner<>() {
                    @Override
                    public CompressibleModel<OnnxModel> tuneLayer(CompressibleModel<OnnxModel> soFar, LayerId layer) {
                        tuned.add(layer.name() + " of " + soFar.layers().size());
                        return soFar;
                    }
                })
                .compress();

        // A split layer is two.
        assertThat(tuned).containsExactly("fc2 of 13", "stage1.0.conv1 of 14");
        assertThat(result.model().layers()).hasSize(14);
        assertThat(result.stats().ratio(Metric.MAC)).isLessThan(1);
    }

    private static List<String> forms(Plan plan) {
        return plan.changes().values().stream().map(Choice::form).distinct().toList();
    }

    private static double score(CompressionResult<OnnxModel> result) {
        return result.stats().score().orElseThrow().compressed().orElseThrow();
    }
}
