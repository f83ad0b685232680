package dev.wsvd.evaluation;

import dev.wsvd.domain.file.UnnamedFile;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Tensors by batch and name: in memory up to a bound, beyond it in a temporary file without a name. Where that has no room, nothing is
 * kept.
 */
final class KeptTensors implements AutoCloseable {
    private static final long MEMORY = 64L << 20;

    private final long memory;

    /** A kept tensor, in memory or from a position of the file on. */
    private record Kept(ElementType type, List<Long> shape, Optional<Tensor> tensor, long position) {}

    private final Map<Long, Map<String, Kept>> byBatch = new HashMap<>();
    private final Map<String, TensorInfo> infos = new LinkedHashMap<>();
    private final UnnamedFile file;
    private boolean full;
    private long inMemory;

    KeptTensors() {
        this(MEMORY, new UnnamedFile());
    }

    /**
     * @param memory bytes that may be kept in memory
     * @param file for the others
     */
    KeptTensors(long memory, UnnamedFile file) {
        this.memory = memory;
        this.file = file;
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
            return Optional.of(file.append(data));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private Tensor read(Kept kept) {
        long elements = kept.shape().stream().reduce(1L, Math::multiplyExact);
        ByteBuffer data =
                ByteBuffer.allocateDirect(Math.toIntExact(elements * kept.type().bytes()));
        file.read(kept.position(), data);
        return new Tensor(kept.type(), kept.shape(), data.rewind());
    }

    @Override
    public void close() {
        byBatch.clear();
        infos.clear();
        file.close();
    }
}
