package dev.wsvd.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Sizes of model files. */
final class FileSizes {
    private FileSizes() {}

    /** The size of a model's file in bytes, with that of its external data where it lies beside it as FILE.data. */
    static long of(Path file) {
        try {
            Path data = data(file);
            return Files.size(file) + (Files.isRegularFile(data) ? Files.size(data) : 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@code  and small.onnx.data (1.02 MB, was 1.99 MB)}, or without such data. */
    static String note(Path before, Path after) {
        Path data = data(after);
        return (Files.isRegularFile(data) ? " and " + data : "") + " (" + Units.bytes(of(after)) + ", was "
                + Units.bytes(of(before)) + ")";
    }

    private static Path data(Path file) {
        return file.resolveSibling(file.getFileName() + ".data");
    }
}
