package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.calibration.Divergence;
import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.error.EngineLostException;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.PlanOrigin;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.Activations.Watch;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.FineTuner;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.evaluation.NpyFiles;
import dev.wsvd.evaluation.NpzMoments;
import dev.wsvd.selection.ManualChoice;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
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
        Activations<OnnxModel> inputs = ArrayActivations.of(ONNX, ArrayDataset.load(file));
        for (CompressionParameters parameters : List.of(
                CompressionParameters.budget(0.5),
                CompressionParameters.manual(Map.of("fc1", new ManualChoice.ToRank(10))))) {
            assertThatThrownBy(() -> compressor(parameters).calibration(inputs).compress())
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("The file " + file + message);
        }
        assertThat(events).allMatch(CalibrationUseTest::isOpening);
    }

    private static boolean isOpening(ProgressEvent event) {
        return event instanceof ProgressEvent.Advanced run && run.stage() == ProgressEvent.Stage.OPEN;
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
        compressor(CompressionParameters.manual(Map.of("fc2", new ManualChoice.ToRank(3))))
                .calibration(ArrayActivations.of(ONNX, INPUTS))
                .moments(NpzMoments.at(file))
                .compress();
        events.clear();
        CompressibleModel<OnnxModel> other = split();

        assertThatThrownBy(() -> ModelCompressor.of(other)
                        .parameters(CompressionParameters.budget(0.9))
                        .listener(events::add)
                        .moments(NpzMoments.at(file))
                        .plan())
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The moments in " + file + " are of another model than '"
                        + other.identity().name() + "'. Maybe use another file.");
        assertThat(events).allMatch(CalibrationUseTest::isOpening);
    }

    @Test
    void aLayerThatCannotBeWeighedIsSaidAndCountsAsTheMostSensitive() {
        PlannedCompression whole = planned(call -> -1);
        PlannedCompression partly = planned(call -> call == 4 ? Double.NaN : -1);

        assertThat(notices())
                .containsExactly(
                        "The sensitivity of layer 'stage1.0.conv2' could not be measured; the largest of the others is"
                                + " taken: the outputs cannot be compared.");
        assertThat(partly.stats().ratio(dev.wsvd.domain.cost.Metric.MAC)).isLessThanOrEqualTo(0.5);
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

    @Test
    void momentsAloneMakeThePlanOfLayersThatWeighTheSame() {
        Path file = folder.resolve("moments.npz");
        compressor(CompressionParameters.manual(Map.of("fc2", new ManualChoice.ToRank(3))))
                .calibration(ArrayActivations.of(ONNX, INPUTS))
                .moments(NpzMoments.at(file))
                .compress();
        events.clear();
        PlannedCompression alone = compressor(CompressionParameters.budget(0.5))
                .moments(NpzMoments.at(file))
                .plan();

        assertThat(alone.origin().calibration()).contains(new CalibrationIdentity(0, INPUTS.sha256()));
        assertThat(notices())
                .singleElement()
                .asString()
                .endsWith(" layers, such as 'stem.conv', could not be measured; all layers weigh the same: there are"
                        + " moments, and no inputs to run.");
        assertThat(alone.plan())
                .isEqualTo(planned(call -> Double.NaN, CompressionParameters.budget(0.5))
                        .plan())
                .isNotEqualTo(
                        compressor(CompressionParameters.budget(0.5)).plan().plan());
    }

    @Test
    void whatLayersWeighIsKeptWithTheirMoments() {
        Path file = folder.resolve("moments.npz");
        ArrayActivations<OnnxModel> inputs = ArrayActivations.of(ONNX, INPUTS);
        Plan weighed = compressor(CompressionParameters.budget(0.5))
                .calibration(inputs)
                .moments(NpzMoments.at(file))
                .plan()
                .plan();
        FileTime written = lastModified(file);
        Plan again = compressor(CompressionParameters.budget(0.5))
                .calibration(inputs)
                .moments(NpzMoments.at(file))
                .plan()
                .plan();
        events.clear();
        Plan alone = compressor(CompressionParameters.budget(0.5))
                .moments(NpzMoments.at(file))
                .plan()
                .plan();

        assertThat(again).isEqualTo(weighed);
        assertThat(lastModified(file)).isEqualTo(written);
        assertThat(alone).isEqualTo(weighed);
        assertThat(notices()).isEmpty();
    }

    private static FileTime lastModified(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void momentsOfInputsWithoutDigestAreNotKept() {
        assertThatThrownBy(() -> compressor(CompressionParameters.budget(0.5))
                        .calibration(new ScriptedDivergence(ArrayActivations.of(ONNX, INPUTS), call -> -1))
                        .moments(NpzMoments.at(folder.resolve("moments.npz")))
                        .plan())
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        "Moments are kept with the digest of their inputs, and these calibration inputs have none. Maybe"
                                + " give inputs with an identity, or keep no moments.");
    }

    /**
     * Of splits alone, so that each layer is weighed once for each of two errors.
     *
     * @param divergence by the number of the call; below 0 for the real one
     */
    private PlannedCompression planned(IntToDoubleFunction divergence) {
        return planned(
                compressor(CompressionParameters.budget(0.5).ignoring("stage3*", "fc1"))
                        .scheme("weight-svd,spatial-svd"),
                divergence);
    }

    private PlannedCompression planned(IntToDoubleFunction divergence, CompressionParameters parameters) {
        return planned(compressor(parameters), divergence);
    }

    private PlannedCompression planned(ModelCompressor<OnnxModel> compressor, IntToDoubleFunction divergence) {
        return compressor
                .calibration(new ScriptedDivergence(ArrayActivations.of(ONNX, INPUTS), divergence))
                .plan();
    }

    /** Real activations, but that a candidate's outputs may be absent or the engine may fail. */
    private final class ScriptedDivergence implements Activations<OnnxModel> {
        private final Activations<OnnxModel> real;
        private final IntToDoubleFunction divergence;
        private int calls;

        ScriptedDivergence(Activations<OnnxModel> real, IntToDoubleFunction divergence) {
            this.real = real;
            this.divergence = divergence;
        }

        @Override
        public long samples() {
            return real.samples();
        }

        @Override
        public void requireFit(OnnxModel original) {
            real.requireFit(original);
        }

        @Override
        public Watch watch(OnnxModel of, Collection<LayerId> layers, int batchSize) {
            boolean candidate = layers.isEmpty() && of != model.model();
            boolean scripted = candidate && !(divergence.applyAsDouble(calls++) < 0);
            Watch watch = real.watch(of, layers, batchSize);
            return scripted ? new WithoutOutputs(watch) : watch;
        }
    }

    private record WithoutOutputs(Watch watch) implements Watch {
        @Override
        public Optional<String> input(LayerId layer) {
            return watch.input(layer);
        }

        @Override
        public Optional<String> output(LayerId layer) {
            return watch.output(layer);
        }

        @Override
        public int batchSize() {
            return watch.batchSize();
        }

        @Override
        public Map<String, Tensor> run(long from, long to) {
            return Map.of();
        }

        @Override
        public void close() {
            watch.close();
        }
    }

    @Test
    void theDivergenceIsThatOfTheOriginal() {
        Activations<OnnxModel> inputs = ArrayActivations.of(ONNX, INPUTS);
        OnnxModel other = split().model();
        Divergence<OnnxModel> fromModel = new Divergence<>(inputs, model.model());

        assertThat(fromModel.of(other)).isPositive().isEqualTo(fromModel.of(other));
        assertThat(fromModel.of(model.model())).isZero();
        assertThat(new Divergence<>(inputs, other).of(model.model()))
                .isPositive()
                .isNotEqualTo(fromModel.of(other));
    }

    @Test
    void aPlanAppliedWithoutWhatItWasMadeWithIsSaid() {
        PlannedCompression made = compressor(CompressionParameters.budget(0.5))
                .calibration(ArrayActivations.of(ONNX, INPUTS))
                .correct()
                .plan();
        compressor(CompressionParameters.plan(made.plan(), made.origin())).plan();

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
        PlannedCompression made = compressor(CompressionParameters.budget(0.5)).plan();
        compressor(CompressionParameters.plan(made.plan())).plan();
        compressor(CompressionParameters.plan(made.plan(), free))
                .calibration(ArrayActivations.of(ONNX, INPUTS))
                .plan();

        assertThat(notices()).isEmpty();
    }

    @Test
    void theTimeOfFineTuningIsItsOwn() {
        CompressionResult<OnnxModel> tuned = compressor(
                        CompressionParameters.manual(Map.of("fc1", new ManualChoice.ToRank(10))))
                .fineTuner(new FineTuner<>() {})
                .compress();

        assertThat(tuned.stats().effort().seconds().fineTune()).isPositive();
    }

    private CompressibleModel<OnnxModel> split() {
        return ModelCompressor.of(model)
                .parameters(CompressionParameters.manual(Map.of("stage1.0.conv2", new ManualChoice.ToRank(3))))
                .compress()
                .model();
    }

    private ModelCompressor<OnnxModel> compressor(CompressionParameters parameters) {
        return ModelCompressor.of(model).parameters(parameters).listener(events::add);
    }

    private List<String> notices() {
        return events.stream()
                .filter(ProgressEvent.Notice.class::isInstance)
                .map(event -> ((ProgressEvent.Notice) event).text())
                .toList();
    }
}
