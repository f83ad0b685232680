package dev.wsvd.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.SparkEnv;

/** Temporary folders of this JVM, each filled once, and deleted when the last that uses it has left, or as the JVM ends. */
final class ExecutorFolders {
    private static final Map<String, Path> FOLDERS = new HashMap<>();
    private static final Map<String, Integer> USERS = new HashMap<>();
    private static boolean deletedAtEnd;

    interface Filling {
        void fill(Path folder) throws IOException;
    }

    private ExecutorFolders() {}

    /** The folder of that name, which is filled if this is the first that asks for it. Whoever asks leaves it some time. */
    static synchronized Path enter(String id, Filling filling) {
        Path folder = FOLDERS.containsKey(id) ? FOLDERS.get(id) : filled(filling);
        FOLDERS.put(id, folder);
        USERS.merge(id, 1, Integer::sum);
        return folder;
    }

    private static Path filled(Filling filling) {
        try {
            if (!deletedAtEnd) {
                Runtime.getRuntime().addShutdownHook(new Thread(ExecutorFolders::deleteAll));
                deletedAtEnd = true;
            }
            Path folder = Files.createTempDirectory(spacious(), "wsvd-spark");
            try {
                filling.fill(folder);
            } catch (IOException | RuntimeException | Error e) {
                delete(folder);
                throw e;
            }
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException("Files cannot be written to Spark's local folder: " + e.getMessage(), e);
        }
    }

    /** Where Spark keeps blocks on disk ({@code spark.local.dir}), which a cluster clears also after an executor that was killed. */
    private static Path spacious() {
        return SparkEnv.get().blockManager().diskBlockManager().localDirs()[0].toPath();
    }

    /** One that asked for the folder uses it no more. */
    static synchronized void leave(String id) {
        if (USERS.merge(id, -1, Integer::sum) == 0) {
            USERS.remove(id);
            deleteIfPossible(FOLDERS.remove(id));
        }
    }

    private static synchronized void deleteAll() {
        FOLDERS.values().forEach(ExecutorFolders::deleteIfPossible);
    }

    private static void deleteIfPossible(Path folder) {
        try {
            delete(folder);
        } catch (IOException e) {
            // Spark clears its folder as it ends.
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
