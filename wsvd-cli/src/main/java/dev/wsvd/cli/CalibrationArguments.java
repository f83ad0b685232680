package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.evaluation.NpzMoments;
import dev.wsvd.pipeline.ModelCompressor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Options that say what is learnt from. */
final class CalibrationArguments {
    @Option(
            names = "--calibration",
            paramLabel = "FILE",
            description = "Unlabelled inputs to learn from, as in --data; not those that score.")
    private Path calibration;

    @Option(
            names = "--moments",
            paramLabel = "FILE",
            description = "Keep what layers see of --calibration here (.npz): written once, used by later runs, also"
                    + " without --calibration.")
    private Path moments;

    @Option(
            names = "--correct",
            description = "Fit each split layer anew to what those before it give, on the calibration inputs.")
    private boolean correct;

    private Optional<ArrayDataset> loaded = Optional.empty();

    boolean correct() {
        return correct;
    }

    /** Whether anything to learn from was given. */
    boolean given() {
        return calibration != null || moments != null;
    }

    /** The file of inputs to learn from, null if none was given. */
    Path inputs() {
        return calibration;
    }

    /** The inputs to learn from, if they were given. */
    Optional<ArrayDataset> dataset() {
        if (calibration != null && loaded.isEmpty()) {
            loaded = Optional.of(ArrayDataset.load(calibration));
        }
        return loaded;
    }

    /** The file of moments that is read, null if there is none. */
    Path keptMoments() {
        return moments != null && Files.exists(moments) ? moments : null;
    }

    /** The file of moments that will be written, null if there is none. */
    Path newMoments() {
        return moments != null && !Files.exists(moments) ? moments : null;
    }

    /** @throws InvalidInputException if layers are to be corrected and there is nothing to correct them by */
    void requireConsistent() {
        if (correct && calibration == null) {
            throw new InvalidInputException(
                    moments == null
                            ? "--correct fits layers to inputs, and there are none. Maybe add --calibration."
                            : "--correct fits layers to inputs, which --moments does not hold. Maybe add --calibration.");
        }
    }

    /** Gives a compressor what there is to learn from. */
    <M> void addTo(ModelCompressor<M> compressor, ModelFormat<M> format) {
        dataset().ifPresent(inputs -> compressor.calibration(ArrayActivations.of(format, inputs)));
        Optional.ofNullable(moments).map(NpzMoments::at).ifPresent(compressor::moments);
    }
}
