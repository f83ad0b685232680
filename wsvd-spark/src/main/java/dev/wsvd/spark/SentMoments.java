package dev.wsvd.spark;

import dev.wsvd.domain.spi.MomentsStore;
import dev.wsvd.evaluation.NpzMoments;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.spark.api.java.JavaSparkContext;

/** What a run has learnt of its calibration inputs, as a file of every executor. */
final class SentMoments {
    private static final String NAME = "moments.npz";

    private SentMoments() {}

    private static String digest = "";
    private static JavaSparkContext by;
    private static SharedFiles last;

    /**
     * Broadcasts it, once for all that asks for the same.
     *
     * @param saving saves it, and tells whether there is something
     * @return empty if there is nothing
     */
    static synchronized Optional<SharedFiles> of(JavaSparkContext spark, Predicate<MomentsStore> saving) {
        try {
            Path folder = Files.createTempDirectory("wsvd-moments");
            Path file = folder.resolve(NAME);
            try {
                return saving.test(NpzMoments.at(file)) ? Optional.of(sent(spark, file)) : Optional.empty();
            } finally {
                Files.deleteIfExists(file);
                Files.delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Moments cannot be written to the folder for temporary files", e);
        }
    }

    /** Spark lets go of what is replaced when nobody holds it any more. */
    private static SharedFiles sent(JavaSparkContext spark, Path file) throws IOException {
        String now = Jobs.digest(file);
        if (!spark.equals(by) || !now.equals(digest)) {
            last = SharedFiles.of(spark, Map.of(NAME, file));
            digest = now;
            by = spark;
        }
        return last;
    }

    /** The file on this executor, until it is let go. */
    static Path file(SharedFiles sent, Consumer<AutoCloseable> closed) {
        return sent.folder(closed).resolve(NAME);
    }
}
