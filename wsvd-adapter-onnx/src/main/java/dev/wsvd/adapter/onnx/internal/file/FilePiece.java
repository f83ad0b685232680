package dev.wsvd.adapter.onnx.internal.file;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * Pieces of files in memory. Large ones are mapped; small ones are read, because a mapping lasts until the garbage collector finds
 * it, and systems allow only some ten thousand of them.
 */
final class FilePiece {
    /** The smallest piece that is mapped, in bytes. */
    private static final long MAPPED = 1 << 20;

    private FilePiece() {}

    /**
     * Bytes of a file, read-only.
     *
     * @param length at most 2^31 − 1
     */
    static ByteBuffer read(FileChannel channel, long offset, long length) throws IOException {
        if (length >= MAPPED) {
            return channel.map(FileChannel.MapMode.READ_ONLY, offset, length);
        }
        ByteBuffer bytes = ByteBuffer.allocate((int) length);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, offset + bytes.position()) < 0) {
                throw new EOFException("the file ends before byte " + (offset + length));
            }
        }
        return bytes.flip().asReadOnlyBuffer();
    }
}
