package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.spi.Cluster;
import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.evaluation.NpzMoments;
import dev.wsvd.evaluation.TextFile;
import dev.wsvd.pipeline.ModelCompressor;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
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
            names = "--random-tokens",
            paramLabel = "SHARE",
            description =
                    "Calibration texts: use each once more with this share of its tokens, such as 0.3, exchanged for"
                            + " random ones of the vocabulary, so that the model keeps more on texts unlike them (default: 0, only"
                            + " as they are).")
    private BigDecimal randomTokens;

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
        loaded = Optional.ofNullable(calibration)
                .map(samples ->
                        reader.readForCalibration(samples, randomTokens == null ? 0 : randomTokens.doubleValue()));
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

    /**
     * @throws InvalidInputException if layers are to be corrected and there is nothing to correct them by, or random tokens are for no
     *     texts or no share of them
     */
    void requireConsistent() {
        List<Path> given = Stream.ofNullable(calibration).toList();
        if (given.stream().noneMatch(TextFile::isNamedSo)) {
            new GivenOptions()
                    .with("--random-tokens", randomTokens != null)
                    .requireNone("is for calibration texts (.txt, .csv, .tsv)", given);
        }
        if (randomTokens != null && (randomTokens.signum() < 0 || randomTokens.compareTo(BigDecimal.ONE) > 0)) {
            throw new InvalidInputException(
                    "--random-tokens must be 0 … 1, found " + randomTokens.toPlainString() + ".");
        }
        if (correct && calibration == null) {
            throw new InvalidInputException(
                    moments == null
                            ? "--correct needs calibration data, and there is none. Maybe add --calibration."
                            : "--correct needs calibration data, which --moments does not hold. Maybe add --calibration.");
        }
    }

    /** Has executors learn what is not kept yet, into the file of moments or a temporary one. */
    <M> void learnBy(Cluster.Executors<M> executors, ModelCompressor<M> compressor) {
        if (dataset().isEmpty() || keptMoments() != null) {
            return;
        }
        NpzMoments learnt = NpzMoments.at(moments != null ? moments : temporary());
        executors.learnMoments(learnt);
        compressor.moments(learnt);
    }

    /** A file that is not there, and goes when the command ends. */
    private static Path temporary() {
        try {
            Path folder = Files.createTempDirectory("wsvd-moments");
            Path file = folder.resolve("moments.npz");
            folder.toFile().deleteOnExit();
            file.toFile().deleteOnExit();
            return file;
        } catch (IOException e) {
            throw new WsvdException(
                    "Moments cannot be written to the folder for temporary files: " + e.getMessage() + ".", e);
        }
    }

    /** Gives a compressor what there is of calibration data. */
    <M> void addTo(ModelCompressor<M> compressor, ModelFormat<M> format) {
        dataset().ifPresent(inputs -> compressor.calibration(ArrayActivations.of(format, inputs)));
        Optional.ofNullable(moments).map(NpzMoments::at).ifPresent(compressor::moments);
    }
}
