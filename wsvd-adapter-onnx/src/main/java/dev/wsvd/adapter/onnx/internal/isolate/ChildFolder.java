package dev.wsvd.adapter.onnx.internal.isolate;

import dev.wsvd.domain.error.Printable;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** The folder that the engine's process works in: its natives, and what it says on standard error. */
final class ChildFolder {
    private static final int LAST_BYTES = 4096;

    private ChildFolder() {}

    static Path create() throws IOException {
        return Files.createTempDirectory("wsvd-isolated");
    }

    static Path errors(Path folder) {
        return folder.resolve("errors");
    }

    /** The last line on standard error, fit for a message; empty if there is none. */
    static String lastWords(Path folder) {
        try (RandomAccessFile file = new RandomAccessFile(errors(folder).toFile(), "r")) {
            file.seek(Math.max(0, file.length() - LAST_BYTES));
            byte[] bytes = new byte[LAST_BYTES];
            int length = Math.max(0, file.read(bytes));
            List<String> lines = new String(bytes, 0, length, StandardCharsets.UTF_8)
                    .lines()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty())
                    .toList();
            return lines.isEmpty() ? "" : Printable.name(lines.get(lines.size() - 1));
        } catch (IOException e) {
            // Only what would explain a failure, which is reported in any case.
            return "";
        }
    }

    /** Deletes what can be deleted: what is left does no harm, and hides nothing. */
    static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        } catch (IOException | UncheckedIOException e) {
            // It is gone already, or changes meanwhile.
        }
    }
}
