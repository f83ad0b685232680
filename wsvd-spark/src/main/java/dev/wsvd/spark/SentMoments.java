package dev.wsvd.spark;

import dev.wsvd.domain.spi.MomentsStore;
import dev.wsvd.evaluation.NpzMoments;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.spark.api.java.JavaSparkContext;

/** What a run has learnt of its calibration inputs, as a file of every executor. */
final class SentMoments {
    private static final String NAME = "moments.npz";

    private SentMoments() {}

    /**
     * Broadcasts it.
     *
     * @param saving saves it, and tells whether there is something
     * @return what the caller closes; empty if there is nothing
     */
    static Optional<SharedFiles> of(JavaSparkContext spark, Predicate<MomentsStore> saving) {
        try {
            Path folder = Files.createTempDirectory("wsvd-moments");
            Path file = folder.resolve(NAME);
            try {
                return saving.test(NpzMoments.at(file))
                        ? Optional.of(SharedFiles.of(spark, Map.of(NAME, file)))
                        : Optional.empty();
            } finally {
                Files.deleteIfExists(file);
                Files.delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Moments cannot be written to the folder for temporary files", e);
        }
    }

    /** The file on this executor. */
    static Path file(SharedFiles sent) {
        return sent.folder().resolve(NAME);
    }
}
