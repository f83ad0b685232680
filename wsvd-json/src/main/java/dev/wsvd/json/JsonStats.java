package dev.wsvd.json;

import dev.wsvd.domain.CompressionStats;
import java.nio.file.Path;

/** Compression statistics in JSON. */
public final class JsonStats {
    private JsonStats() {}

    /** The text of a stats file. */
    public static String toJson(CompressionStats stats) {
        throw new UnsupportedOperationException(stats.toString());
    }

    /**
     * Writes stats, whole or not at all.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if the path cannot be written
     */
    public static void write(Path file, CompressionStats stats) {
        throw new UnsupportedOperationException(file.toString());
    }

    /**
     * Reads stats.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if the file cannot be read or holds no stats; the message names the
     *     file, line, column and field
     */
    public static CompressionStats read(Path file) {
        throw new UnsupportedOperationException(file.toString());
    }
}
