package dev.wsvd.adapter.onnx.internal.rewrite;

import dev.wsvd.domain.file.UnnamedFile;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The bytes of a rewritten model's new tensors: in memory up to a bound, beyond it in a temporary file without a name, which is mapped. It
 * is gone when nobody has the bytes any more. Where it has no room, they stay in memory.
 */
final class StoredBytes implements AutoCloseable {
    private static final long MEMORY = 64L << 20;
    /** The smallest tensor that is mapped, in bytes; others stay in memory, because systems allow only some ten thousand mappings. */
    private static final int MAPPED = 1 << 20;

    private final long memory;
    private final int mapped;
    private final UnnamedFile file = new UnnamedFile();
    private long inMemory;

    StoredBytes() {
        this(MEMORY, MAPPED);
    }

    /**
     * @param memory bytes that may stay in memory
     * @param mapped how many bytes a tensor has at least that is mapped
     */
    StoredBytes(long memory, int mapped) {
        this.memory = memory;
        this.mapped = mapped;
    }

    /** The same bytes, wherever they are then. */
    ByteBuffer kept(ByteBuffer bytes) {
        int size = bytes.remaining();
        if (size < mapped || inMemory + size <= memory) {
            inMemory += size;
            return bytes;
        }
        try {
            return file.map(file.append(bytes.duplicate()), size);
        } catch (IOException e) {
            return bytes;
        }
    }

    /** No more will be kept; what is mapped stays so. */
    @Override
    public void close() {
        file.close();
    }
}
