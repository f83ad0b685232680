package dev.wsvd.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Sizes of models. */
final class FileSizes {
    private FileSizes() {}

    /**
     * The size of a model in bytes: of all files in its folder, or of its file with that of its external data where it lies
     * beside it as FILE.data.
     */
    static long of(Path model) {
        try {
            return Files.isDirectory(model) ? inside(model) : ofFile(model) + ofFile(data(model));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long inside(Path folder) throws IOException {
        long size = 0;
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            for (Path entry : entries) {
                size += Files.isDirectory(entry) ? inside(entry) : ofFile(entry);
            }
        }
        return size;
    }

    private static long ofFile(Path file) throws IOException {
        return Files.isRegularFile(file) ? Files.size(file) : 0;
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
