package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.PlanOrigin;
import dev.wsvd.domain.error.EngineLostException;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.factor.LayerMoments;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.spi.Calibration;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.FineTuner;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.ArrayCalibration;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.evaluation.KeptMoments;
import dev.wsvd.evaluation.NpyFiles;
import dev.wsvd.selection.ManualChoice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run does with calibration inputs that do not fit, cannot be measured with, or serve two models. */
class CalibrationUseTest {
    private static final Path DEMO = Path.of("..", "demo");
    private static final OnnxFormat ONNX = new OnnxFormat();
    private static final ArrayDataset INPUTS =
            ArrayDataset.load(DEMO.resolve("calibration-images.npz")).limit(20);

    @TempDir
    Path folder;

    private final CompressibleModel<OnnxModel> model =
            ONNX.open(DEMO.resolve("fashion-resnet.onnx"), OpenOptions.DEFAULT);
    private final List<ProgressEvent> events = new ArrayList<>();

    @Test
    void inputsOfAnotherNameAreRefusedBeforeAnyLayerIsDecomposed() {
        refused(
                inputs("picture", 28),
                " holds 'picture', the model takes 'image' (float32 [?, 1, 28, 28]); there must be one array per input, of"
                        + " its name.");
    }

    @Test
    void inputsOfAnotherShapeAreRefusedBeforeAnyLayerIsDecomposed() {
        refused(
                inputs("image", 32),
                " has shape [2, 1, 32, 32], input 'image' takes [?, 1, 28, 28] with the samples first.");
    }

    private void refused(Path file, String message) {
        ArrayCalibration<OnnxModel> inputs = ArrayCalibration.of(ONNX, ArrayDataset.load(file));
        for (WeightSvdParameters parameters : List.of(
                WeightSvdParameters.budget(0.5),
                WeightSvdParameters.manual(Map.of("fc1", new ManualChoice.ToRank(10))))) {
            assertThatThrownBy(() -> compressor(parameters).calibration(inputs).compress())
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("The file " + file + message);
        }
        assertThat(events).isEmpty();
    }

    private Path inputs(String name, int size) {
        Path file = folder.resolve("inputs.npz");
        Supplier<Tensor> images =
                () -> Tensor.ofFloats(List.of(2L, 1L, (long) size, (long) size), new float[2 * size * size]);
        NpyFiles.writeNpz(file, Map.of(name, images));
        return file;
    }

    @Test
    void momentsOfAnotherModelAreRefusedBeforeAnyLayerIsDecomposed() {
        Path file = folder.resolve("moments.npz");
        compressor(WeightSvdParameters.manual(Map.of("fc2", new ManualChoice.ToRank(3))))
                .calibration(KeptMoments.at(file, model.identity(), ONNX, INPUTS))
                .compress();
        events.clear();
        CompressibleModel<OnnxModel> other = split();

        assertThatThrownBy(() -> ModelCompressor.of(other)
                        .parameters(WeightSvdParameters.budget(0.9))
                        .listener(events::add)
                        .calibration(KeptMoments.at(file, other.identity()))
                        .plan())
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The moments in " + file + " are of another model than '"
                        + other.identity().name() + "'. Maybe use another file.");
        assertThat(events).isEmpty();
    }

    @Test
    void aLayerThatCannotBeWeighedIsSaidAndCountsAsTheMostSensitive() {
        PlannedCompression whole = planned(call -> -1);
        PlannedCompression partly = planned(call -> call == 2 ? Double.NaN : -1);

        assertThat(notices())
                .containsExactly(
                        "The sensitivity of layer 'stage1.0.conv2' could not be measured; the largest of the others is"
                                + " taken: the outputs cannot be compared.");
        assertThat(partly.stats().ratio(dev.wsvd.domain.CostMetric.MAC)).isLessThanOrEqualTo(0.5);
        LayerId layer = new LayerId("stage1.0.conv2");
        assertThat(whole.plan().decision(layer)).isNotEqualTo(partly.plan().decision(layer));
    }

    @Test
    void anEngineThatFailsWhileWeighingIsSaid() {
        planned(call -> {
            if (call < 2) {
                throw new ModelFormatException("The engine fails.");
            }
            return -1;
        });

        assertThat(notices())
                .containsExactly(
                        "The sensitivity of 2 layers, such as 'stem.conv', could not be measured; the largest of"
                                + " the others is taken: The engine fails.");
    }

    @Test
    void whatHoldsForAllLayersEndsTheRunAtOnce() {
        for (WsvdException failure : List.of(
                new EngineLostException("The engine has ended.", null),
                new InvalidInputException("The file was changed while it is in use."))) {
            List<Integer> calls = new ArrayList<>();
            assertThatThrownBy(() -> planned(call -> {
                        calls.add(call);
                        throw failure;
                    }))
                    .isSameAs(failure);
            assertThat(calls).containsExactly(0);
        }
        assertThat(notices()).isEmpty();
    }

    @Test
    void thatNoLayerCanBeWeighedIsSaid() {
        planned(call -> Double.NaN);

        assertThat(notices())
                .singleElement()
                .asString()
                .endsWith(" layers, such as 'stem.conv', could not be measured; all layers weigh the same: the outputs"
                        + " cannot be compared.");
    }

    /** @param divergence by the number of the call; below 0 for the real one */
    private PlannedCompression planned(IntToDoubleFunction divergence) {
        Calibration<OnnxModel> real = ArrayCalibration.of(ONNX, INPUTS);
        int[] calls = {0};
        return compressor(WeightSvdParameters.budget(0.5).ignoring("stage3*", "fc1"))
                .calibration(new Calibration<>() {
                    @Override
                    public Map<LayerId, LayerMoments> moments(
                            OnnxModel original, Collection<Layer> layers, LinearAlgebra linearAlgebra) {
                        return real.moments(original, layers, linearAlgebra);
                    }

                    @Override
                    public Optional<Joint> joint(
                            OnnxModel original, OnnxModel now, FactorizedLayer split, LinearAlgebra linearAlgebra) {
                        return Optional.empty();
                    }

                    @Override
                    public double divergence(OnnxModel original, OnnxModel now) {
                        double given = divergence.applyAsDouble(calls[0]++);
                        return given < 0 ? real.divergence(original, now) : given;
                    }
                })
                .plan();
    }

    @Test
    void oneCalibrationServesTwoModels() {
        ArrayCalibration<OnnxModel> shared = ArrayCalibration.of(ONNX, INPUTS);
        CompressibleModel<OnnxModel> other = split();

        assertThat(shared.divergence(model.model(), other.model())).isPositive();
        assertThat(shared.divergence(other.model(), other.model())).isZero();
        assertThat(shared.divergence(other.model(), model.model()))
                .isEqualTo(ArrayCalibration.of(ONNX, INPUTS).divergence(other.model(), model.model()));
    }

    @Test
    void aPlanAppliedWithoutWhatItWasMadeWithIsSaid() {
        PlannedCompression made = compressor(WeightSvdParameters.budget(0.5))
                .calibration(ArrayCalibration.of(ONNX, INPUTS))
                .correct()
                .plan();
        compressor(WeightSvdParameters.plan(made.plan(), made.origin())).plan();

        assertThat(made.origin().calibration()).contains(new CalibrationIdentity(20, INPUTS.sha256()));
        assertThat(made.origin().corrected()).isTrue();
        assertThat(notices())
                .containsExactly(
                        "The plan was made with calibration inputs (20 samples, sha256 "
                                + INPUTS.sha256().substring(0, 12)
                                + "…), and this run has none; the model may score much lower. Maybe add them"
                                + " (--calibration).",
                        "The plan was made with correction, and this run makes none; the model may score much lower. Maybe"
                                + " add it (--correct).");
    }

    @Test
    void aPlanOfWhichNothingIsKnownIsAppliedInSilence() {
        PlanOrigin free = new PlanOrigin("0.1.0", Optional.empty(), false);
        PlannedCompression made = compressor(WeightSvdParameters.budget(0.5)).plan();
        compressor(WeightSvdParameters.plan(made.plan())).plan();
        compressor(WeightSvdParameters.plan(made.plan(), free))
                .calibration(ArrayCalibration.of(ONNX, INPUTS))
                .plan();

        assertThat(notices()).isEmpty();
    }

    @Test
    void theTimeOfFineTuningIsItsOwn() {
        CompressionResult<OnnxModel> tuned = compressor(
                        WeightSvdParameters.manual(Map.of("fc1", new ManualChoice.ToRank(10))))
                .fineTuner(new FineTuner<>() {})
                .compress();

        assertThat(tuned.stats().seconds().fineTune()).isPositive();
    }

    private CompressibleModel<OnnxModel> split() {
        return ModelCompressor.of(model)
                .parameters(WeightSvdParameters.manual(Map.of("stage1.0.conv2", new ManualChoice.ToRank(3))))
                .compress()
                .model();
    }

    private ModelCompressor<OnnxModel> compressor(WeightSvdParameters parameters) {
        return ModelCompressor.of(model).parameters(parameters).listener(events::add);
    }

    private List<String> notices() {
        return events.stream()
                .filter(ProgressEvent.Notice.class::isInstance)
                .map(event -> ((ProgressEvent.Notice) event).text())
                .toList();
    }
}
