package dev.wsvd.spark;

import dev.wsvd.domain.error.InvalidInputException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;

/**
 * Files that every executor has: broadcast once, in pieces, so that a file may be larger than the 2 GB of one broadcast and executors pass
 * pieces on to each other. An executor writes them to a folder of Spark's local directory when they are first asked for, and deletes that when no run
 * of it needs them any more, or it ends.
 */
public final class SharedFiles implements Serializable {
    private static final long serialVersionUID = 1L;

    /** A piece is held in memory while it is written. */
    private static final int PIECE = 64 << 20;

    private final String id = UUID.randomUUID().toString();
    private final Map<String, List<Broadcast<byte[]>>> pieces;
    private final List<String> folders;
    private final long bytes;

    private SharedFiles(Map<String, List<Broadcast<byte[]>>> pieces, List<String> folders, long bytes) {
        this.pieces = new LinkedHashMap<>(pieces);
        this.folders = new ArrayList<>(folders);
        this.bytes = bytes;
    }

    /**
     * Broadcasts files.
     *
     * @param files by the names that they have on executors, with {@code /} between folders; a folder is sent without what is in it
     * @throws InvalidInputException if a name is no relative path, or a file cannot be read
     */
    public static SharedFiles of(JavaSparkContext spark, Map<String, Path> files) {
        return of(spark, files, PIECE);
    }

    static SharedFiles of(JavaSparkContext spark, Map<String, Path> files, int piece) {
        Jobs.requireRunning(spark);
        Map<String, List<Broadcast<byte[]>>> pieces = new LinkedHashMap<>();
        List<String> folders = new ArrayList<>();
        long bytes = 0;
        for (Map.Entry<String, Path> file : files.entrySet()) {
            requireInside(file.getKey());
            if (Files.isDirectory(file.getValue())) {
                folders.add(file.getKey());
                continue;
            }
            List<Broadcast<byte[]>> ofFile = new ArrayList<>();
            try (InputStream in = Files.newInputStream(file.getValue())) {
                for (byte[] some = in.readNBytes(piece); some.length > 0; some = in.readNBytes(piece)) {
                    ofFile.add(spark.broadcast(some));
                    bytes += some.length;
                }
            } catch (IOException e) {
                throw new InvalidInputException(
                        "'" + file.getValue() + "' cannot be sent to executors: " + e.getMessage() + ".", e);
            }
            pieces.put(file.getKey(), ofFile);
        }
        return new SharedFiles(pieces, folders, bytes);
    }

    private static void requireInside(String name) {
        Path path = Path.of(name);
        if (name.isEmpty() || path.isAbsolute() || path.normalize().startsWith("..")) {
            throw new InvalidInputException("A file on executors needs a name within a folder, found '" + name + "'.");
        }
    }

    /** How many bytes each executor gets. */
    public long bytes() {
        return bytes;
    }

    /** What tells these files from all others. */
    String id() {
        return id;
    }

    /**
     * The folder of this JVM that has the files by their names, which are not to be changed, until it ends.
     *
     * @throws UncheckedIOException if they cannot be written
     */
    public Path folder() {
        return ExecutorFolders.enter(id, this::write);
    }

    /**
     * The same until it is let go.
     *
     * @param closed takes what does that
     */
    Path folder(Consumer<AutoCloseable> closed) {
        Path folder = folder();
        closed.accept(() -> ExecutorFolders.leave(id));
        return folder;
    }

    private void write(Path folder) throws IOException {
        for (String name : folders) {
            Files.createDirectories(folder.resolve(name));
        }
        for (Map.Entry<String, List<Broadcast<byte[]>>> file : pieces.entrySet()) {
            Path path = folder.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(path))) {
                for (Broadcast<byte[]> piece : file.getValue()) {
                    out.write(piece.value());
                }
            }
        }
    }

    /** Lets executors forget the pieces; those that have not written them cannot do so any more. */
    public void close() {
        pieces.values().forEach(ofFile -> ofFile.forEach(Broadcast::destroy));
    }
}
