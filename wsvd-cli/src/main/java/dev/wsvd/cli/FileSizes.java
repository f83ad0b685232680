package dev.wsvd.cli;

import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.report.Units;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Sizes of models in files. */
final class FileSizes {
    private FileSizes() {}

    /** The size of a model in bytes, with all its files. */
    static long of(CompressibleModel<?> model) {
        return model.files().stream().mapToLong(FileSizes::of).sum();
    }

    private static long of(Path file) {
        try (Stream<Path> all = Files.walk(file)) {
            long size = 0;
            for (Path one : (Iterable<Path>) all::iterator) {
                size += Files.isRegularFile(one) ? Files.size(one) : 0;
            }
            return size;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@code small.onnx and small.onnx.0123456789abcdef.data (1.02 MB, was 1.99 MB)}. */
    static String note(CompressibleModel<?> before, CompressibleModel<?> after) {
        return names(after) + " (" + Units.bytes(of(after)) + ", was " + Units.bytes(of(before)) + ")";
    }

    /** {@code small.onnx (1.02 MB)}. */
    static String note(CompressibleModel<?> model) {
        return names(model) + " (" + Units.bytes(of(model)) + ")";
    }

    private static String names(CompressibleModel<?> model) {
        return model.files().stream().map(Path::toString).collect(Collectors.joining(" and "));
    }
}
