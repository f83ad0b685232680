package dev.wsvd.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Gives fuzzed bytes to readers that want files: one file, removed when the JVM ends. */
final class InputFile {
    private final Path file;

    /** @param name the file's name, whose end tells readers what it should be */
    InputFile(String name) {
        try {
            Path folder = Files.createTempDirectory("wsvd-fuzz");
            folder.toFile().deleteOnExit();
            file = folder.resolve(name);
            file.toFile().deleteOnExit();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The file with these bytes. It is a new one each time: bytes of an earlier one may still be mapped, and must not change
     * under their reader.
     */
    Path with(byte[] bytes) {
        try {
            Files.deleteIfExists(file);
            return Files.write(file, bytes, StandardOpenOption.CREATE_NEW);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
