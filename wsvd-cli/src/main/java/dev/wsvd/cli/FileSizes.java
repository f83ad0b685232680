package dev.wsvd.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Sizes of model files. */
final class FileSizes {
    private FileSizes() {}

    /** The size of a file, in bytes. */
    static long of(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@code  (1.02 MB, was 1.99 MB)}. */
    static String note(Path before, Path after) {
        return " (" + Units.bytes(of(after)) + ", was " + Units.bytes(of(before)) + ")";
    }
}
