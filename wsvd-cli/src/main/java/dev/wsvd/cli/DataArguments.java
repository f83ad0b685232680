package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.evaluation.AccuracyEvaluator;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.evaluation.FidelityEvaluator;
import dev.wsvd.pipeline.OpenedModel;
import java.nio.file.Path;
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
            description = "Class labels (.npy) for accuracy; without them, where there is an original, fidelity to it.")
    private Path labels;

    @Option(names = "--samples", paramLabel = "N", description = "Score on the first N samples (default: all).")
    private Integer samples;

    @Option(names = "--top-k", paramLabel = "K", description = "Count a label among the K best as right (default: 1).")
    private Integer topK;

    /** The files these options name; those not given are null. */
    List<Path> files() {
        return Arrays.asList(data, labels);
    }

    /** Whether there are samples to score on. */
    boolean given() {
        return data != null;
    }

    /** What scores are called. */
    String scoreName() {
        return labels == null ? "fidelity" : topK == null || topK == 1 ? "accuracy" : "top-" + topK + " accuracy";
    }

    /** @throws InvalidInputException if that file is the one that scores */
    void requireNotAmong(Path calibration) {
        if (calibration != null
                && data != null
                && calibration
                        .toAbsolutePath()
                        .normalize()
                        .equals(data.toAbsolutePath().normalize())) {
            throw new InvalidInputException("--calibration and --data are the same file, " + data
                    + "; a score on inputs that were learnt from says too much. Maybe split them in two files.");
        }
    }

    /** @throws InvalidInputException if an option says how to use something that was not given */
    void requireConsistent() {
        if (data == null && labels != null) {
            throw new InvalidInputException("--labels " + labels + " needs the inputs too. Maybe add --data.");
        }
        if (data == null && (samples != null || topK != null)) {
            throw new InvalidInputException(
                    (samples != null ? "--samples" : "--top-k") + " says how to use --data, which is missing.");
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
        if (data == null) {
            return Optional.empty();
        }
        ArrayDataset all = labels == null ? ArrayDataset.load(data) : ArrayDataset.load(data, labels);
        return Optional.of(samples == null ? all : all.limit(samples));
    }

    /** Accuracy where there are labels. */
    <M> AccuracyEvaluator<M> accuracy(OpenedModel<M> opened, ArrayDataset dataset) {
        return AccuracyEvaluator.<M>of(opened.format()::predictor, dataset).topK(topK == null ? 1 : topK);
    }

    /** Accuracy where there are labels, fidelity to that model elsewhere. */
    <M> Evaluator<M> evaluator(OpenedModel<M> original, ArrayDataset dataset) {
        return dataset.labelled()
                ? accuracy(original, dataset)
                : FidelityEvaluator.of(
                        original.format()::predictor, original.model().model(), dataset);
    }
}
