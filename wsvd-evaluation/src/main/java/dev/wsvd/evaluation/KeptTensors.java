package dev.wsvd.evaluation;

import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Tensors by batch and name: in memory up to a bound, beyond it in a temporary file, which has no name any more by the time it is
 * written to, so that it is gone with the process. Where the file would take more than a quarter of the space that is left, or cannot be
 * written, nothing is kept.
 */
final class KeptTensors implements AutoCloseable {
    private static final long MEMORY = 64L << 20;

    private final long memory;

    /** A kept tensor, in memory or from a position of the file on. */
    private record Kept(ElementType type, List<Long> shape, Optional<Tensor> tensor, long position) {}

    private final Map<Long, Map<String, Kept>> byBatch = new HashMap<>();
    private final Map<String, TensorInfo> infos = new LinkedHashMap<>();
    private FileChannel file;
    private long mostInFile;
    private boolean full;
    private long inMemory;
    private long inFile;

    KeptTensors() {
        this(MEMORY, Long.MAX_VALUE);
    }

    /**
     * @param memory bytes that may be kept in memory
     * @param file bytes that may be kept in the file
     */
    KeptTensors(long memory, long file) {
        this.memory = memory;
        this.mostInFile = file;
    }

    /** What is kept of every batch, by name; dims are open. */
    Map<String, TensorInfo> infos() {
        return infos;
    }

    /**
     * Keeps a copy.
     *
     * @param batch number of the batch's first sample
     */
    void put(long batch, String name, Tensor tensor) {
        if (full) {
            return;
        }
        infos.put(
                name,
                new TensorInfo(
                        name,
                        tensor.type(),
                        tensor.shape().stream().map(dim -> -1L).toList()));
        long bytes = tensor.data().remaining();
        boolean small = inMemory + bytes <= memory;
        inMemory += small ? bytes : 0;
        Optional<Long> position = small ? Optional.of(0L) : written(tensor.data());
        if (position.isEmpty()) {
            full = true;
            close();
            return;
        }
        byBatch.computeIfAbsent(batch, number -> new HashMap<>())
                .put(
                        name,
                        new Kept(
                                tensor.type(),
                                tensor.shape(),
                                small ? Optional.of(tensor.copy()) : Optional.empty(),
                                position.get()));
    }

    /** Whether there was no room for all of it, so that nothing is kept. */
    boolean isFull() {
        return full;
    }

    /** @throws IllegalStateException if it is not kept */
    Tensor get(long batch, String name) {
        Kept kept = byBatch.getOrDefault(batch, Map.of()).get(name);
        if (kept == null) {
            throw new IllegalStateException(
                    "Nothing is kept of '" + name + "' for the batch from sample " + batch + ".");
        }
        return kept.tensor().orElseGet(() -> read(kept));
    }

    /** The position in the file; empty if there is no room. */
    private Optional<Long> written(ByteBuffer data) {
        try {
            if (file == null) {
                file = unnamed();
            }
            if (inFile + data.remaining() > mostInFile) {
                return Optional.empty();
            }
            long position = inFile;
            while (data.hasRemaining()) {
                inFile += file.write(data, inFile);
            }
            return Optional.of(position);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private FileChannel unnamed() throws IOException {
        Path path = Files.createTempFile("wsvd-", ".tensors");
        mostInFile = Math.min(mostInFile, Files.getFileStore(path).getUsableSpace() / 4);
        try {
            return FileChannel.open(
                    path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
        } finally {
            deleteIfPossible(path);
        }
    }

    /** Where a file that is open cannot be deleted, that is done when it is closed. */
    private static void deleteIfPossible(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            path.toFile().deleteOnExit();
        }
    }

    private Tensor read(Kept kept) {
        long elements = kept.shape().stream().reduce(1L, Math::multiplyExact);
        ByteBuffer data =
                ByteBuffer.allocateDirect(Math.toIntExact(elements * kept.type().bytes()));
        try {
            long position = kept.position();
            while (data.hasRemaining()) {
                int read = file.read(data, position);
                if (read < 0) {
                    throw new IOException("it has become shorter");
                }
                position += read;
            }
        } catch (IOException e) {
            throw new WsvdException("What layers see cannot be read from a temporary file: " + e.getMessage(), e);
        }
        return new Tensor(kept.type(), kept.shape(), data.rewind());
    }

    @Override
    public void close() {
        byBatch.clear();
        infos.clear();
        if (file != null) {
            FileChannel open = file;
            file = null;
            try {
                open.close();
            } catch (IOException e) {
                throw new WsvdException("A temporary file cannot be closed: " + e.getMessage(), e);
            }
        }
    }
}
