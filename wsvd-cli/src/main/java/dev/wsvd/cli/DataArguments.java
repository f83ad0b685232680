package dev.wsvd.cli;

import dev.wsvd.domain.error.EngineLostException;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.file.FileIdentity;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.ProgressEvent.Notice;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.evaluation.AccuracyEvaluator;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.evaluation.DataCheck;
import dev.wsvd.evaluation.FidelityEvaluator;
import dev.wsvd.pipeline.OpenedModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Options that say what models are scored on. */
final class DataArguments {
    @Option(
            names = "--data",
            paramLabel = "FILE",
            description = "Inputs, batch first: .npy for a model with one input, .npz by input name.")
    private Path data;

    @Option(
            names = "--labels",
            paramLabel = "FILE",
            description =
                    "Class labels (.npy), to score by accuracy. Without labels, models are scored by fidelity to the original.")
    private Path labels;

    @Option(names = "--samples", paramLabel = "N", description = "Score on the first N samples (default: all).")
    private Integer samples;

    @Option(
            names = "--top-k",
            paramLabel = "K",
            description = "Top-K accuracy: a sample is right if its label is among the K highest outputs (default: 1).")
    private Integer topK;

    @Option(
            names = "--output-name",
            paramLabel = "NAME",
            description = "The output to score (default: for accuracy the one that fits the labels, for fidelity all).")
    private String outputName;

    private Optional<ArrayDataset> loaded = Optional.empty();

    /** The inputs' file, if it was given. */
    Optional<Path> file() {
        return Optional.ofNullable(data);
    }

    /** The files these options name; those not given are null. */
    List<Path> files() {
        return Arrays.asList(data, labels);
    }

    /** Whether there are samples to score on. */
    boolean given() {
        return data != null;
    }

    /** @throws InvalidInputException if that file is the one that scores */
    void requireNotAmong(Path calibration) {
        if (calibration != null && data != null && FileIdentity.isSame(calibration, data)) {
            throw new InvalidInputException("--calibration and --data are the same file, " + data
                    + "; a score on calibration data is too high. Maybe split it into two files.");
        }
    }

    /** @throws InvalidInputException if an option says how to use something that was not given */
    void requireConsistent() {
        if (data == null && labels != null) {
            throw new InvalidInputException("--labels " + labels + " needs --data. Maybe add it.");
        }
        if (data == null && (samples != null || topK != null || outputName != null)) {
            throw new InvalidInputException((samples != null ? "--samples" : topK != null ? "--top-k" : "--output-name")
                    + " has no effect without --data. Maybe add --data.");
        }
        if (topK != null && labels == null) {
            throw new InvalidInputException("--top-k needs labels. Maybe add --labels.");
        }
        if (samples != null && samples < 1) {
            throw new InvalidInputException("--samples must be at least 1, found " + samples + ".");
        }
    }

    /** The samples, if any were given. */
    Optional<ArrayDataset> dataset() {
        requireConsistent();
        if (data == null || loaded.isPresent()) {
            return loaded;
        }
        ArrayDataset all = labels == null ? ArrayDataset.load(data) : ArrayDataset.load(data, labels);
        loaded = Optional.of(samples == null ? all : all.limit(samples));
        return loaded;
    }

    /** Tells what is suspicious about the data, and about calibration inputs beside it. */
    <M> void warn(OpenedModel<M> opened, Optional<ArrayDataset> calibration, Console console) {
        Optional<ArrayDataset> scored = dataset();
        if (scored.isEmpty() && calibration.isEmpty()) {
            return;
        }
        try (Predictor ready = opened.format().predictor(opened.model().model())) {
            List<String> notices = new ArrayList<>();
            scored.ifPresent(
                    samples -> notices.addAll(DataCheck.notices(ready, samples, Optional.ofNullable(outputName))));
            calibration.ifPresent(inputs -> notices.addAll(DataCheck.notices(ready, inputs, Optional.empty())));
            scored.ifPresent(samples ->
                    calibration.ifPresent(inputs -> notices.addAll(DataCheck.notices(ready, inputs, samples))));
            notices.forEach(notice -> console.progress().onEvent(new Notice(notice)));
        } catch (EngineLostException e) {
            throw e;
        } catch (WsvdException e) {
            // What cannot be run is refused where it is needed, after what is checked before.
        }
    }

    /** Accuracy where there are labels. */
    <M> AccuracyEvaluator<M> accuracy(OpenedModel<M> opened, ArrayDataset dataset) {
        AccuracyEvaluator<M> accuracy =
                AccuracyEvaluator.<M>of(opened.format()::predictor, dataset).topK(topK == null ? 1 : topK);
        return outputName == null ? accuracy.choosing(opened.model().model()) : accuracy.output(outputName);
    }

    /** Fidelity to that model. */
    <M> FidelityEvaluator<M> fidelity(OpenedModel<M> original, ArrayDataset dataset) {
        FidelityEvaluator<M> fidelity = FidelityEvaluator.of(
                original.format()::predictor, original.model().model(), dataset);
        if (outputName != null) {
            return fidelity.outputs(outputName);
        }
        List<String> all = fidelity.compared();
        return all.size() == 1 ? fidelity : fidelity.outputs(all.toArray(String[]::new));
    }

    /** Accuracy where there are labels, fidelity to that model elsewhere. */
    <M> Evaluator<M> evaluator(OpenedModel<M> original, ArrayDataset dataset) {
        return dataset.labelled() ? accuracy(original, dataset) : fidelity(original, dataset);
    }
}
