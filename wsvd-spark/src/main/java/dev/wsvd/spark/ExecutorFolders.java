package dev.wsvd.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/** Temporary folders of this JVM, each filled once, and deleted as it ends. */
final class ExecutorFolders {
    private static final Map<String, Path> FOLDERS = new HashMap<>();

    interface Filling {
        void fill(Path folder) throws IOException;
    }

    private ExecutorFolders() {}

    /** The folder of that name, which is filled if this is the first that asks for it. */
    static synchronized Path of(String id, Filling filling) {
        Path known = FOLDERS.get(id);
        if (known != null) {
            return known;
        }
        try {
            if (FOLDERS.isEmpty()) {
                Runtime.getRuntime().addShutdownHook(new Thread(ExecutorFolders::deleteAll));
            }
            Path folder = Files.createTempDirectory("wsvd-spark");
            try {
                filling.fill(folder);
            } catch (IOException | RuntimeException | Error e) {
                delete(folder);
                throw e;
            }
            FOLDERS.put(id, folder);
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "Files cannot be written to the folder for temporary files: " + e.getMessage(), e);
        }
    }

    private static synchronized void deleteAll() {
        FOLDERS.values().forEach(folder -> {
            try {
                delete(folder);
            } catch (IOException e) {
                // The process ends; the system clears the folder for temporary files.
            }
        });
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
