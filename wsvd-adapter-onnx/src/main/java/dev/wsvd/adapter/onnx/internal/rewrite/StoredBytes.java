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

    private final long memory;
    private final UnnamedFile file = new UnnamedFile();
    private long inMemory;

    StoredBytes() {
        this(MEMORY);
    }

    /** @param memory bytes that may stay in memory */
    StoredBytes(long memory) {
        this.memory = memory;
    }

    /** The same bytes, wherever they are then. */
    ByteBuffer kept(ByteBuffer bytes) {
        int size = bytes.remaining();
        if (inMemory + size <= memory) {
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
