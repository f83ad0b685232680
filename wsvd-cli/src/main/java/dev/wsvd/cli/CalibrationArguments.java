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

/** Options about calibration data. */
final class CalibrationArguments {
    @Option(
            names = "--calibration",
            paramLabel = "FILE|FOLDER",
            description =
                    "Calibration data: unlabelled inputs, in the form of --data; must not be the data that scores.")
    private Path calibration;

    @Option(
            names = "--moments",
            paramLabel = "FILE",
            description = "Keep the calibration statistics (moments) in this .npz file: written once, reused by"
                    + " later runs, also without --calibration.")
    private Path moments;

    @Option(
            names = "--correct",
            description = "Compensate for upstream error (sequential reconstruction): refit each split layer on the"
                    + " calibration data, layer by layer.")
    private boolean correct;

    private Optional<ArrayDataset> loaded = Optional.empty();

    boolean correct() {
        return correct;
    }

    /** Whether there is calibration data, or what was kept of it. */
    boolean given() {
        return calibration != null || moments != null;
    }

    /** The file of calibration data, null if none was given. */
    Path inputs() {
        return calibration;
    }

    /** Reads the calibration data, if it was given. */
    void load(SampleReader reader) {
        loaded = Optional.ofNullable(calibration).map(reader::read).map(ArrayDataset::withoutLabels);
    }

    /** The calibration data, if it was given. */
    Optional<ArrayDataset> dataset() {
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
                            ? "--correct needs calibration data, and there is none. Maybe add --calibration."
                            : "--correct needs calibration data, which --moments does not hold. Maybe add --calibration.");
        }
    }

    /** Gives a compressor what there is of calibration data. */
    <M> void addTo(ModelCompressor<M> compressor, ModelFormat<M> format) {
        dataset().ifPresent(inputs -> compressor.calibration(ArrayActivations.of(format, inputs)));
        Optional.ofNullable(moments).map(NpzMoments::at).ifPresent(compressor::moments);
    }
}
