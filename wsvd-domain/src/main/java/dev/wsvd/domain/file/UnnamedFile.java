package dev.wsvd.domain.file;

import dev.wsvd.domain.error.WsvdException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A temporary file that has no name any more by the time it is written to, so that it is gone with the process, however that ends. It is
 * made when something is appended, and takes at most a quarter of the space that is left then.
 *
 * <p>Not for use by several threads.
 */
public final class UnnamedFile implements AutoCloseable {
    private static final int PIECE = 1 << 20;

    private long most;
    private long size;
    private FileChannel channel;

    /** A file in the folder for temporary files, of any size. */
    public UnnamedFile() {
        this(Long.MAX_VALUE);
    }

    /** @param most bytes that the file may have */
    public UnnamedFile(long most) {
        this.most = most;
    }

    /**
     * Appends all that remains of the data.
     *
     * @return the position of its first byte
     * @throws IOException if there is no room, or the file cannot be made or written; it then holds what it held before
     */
    public long append(ByteBuffer data) throws IOException {
        if (channel == null) {
            channel = unnamed();
        }
        if (data.remaining() > most - size) {
            throw new IOException("there is no room for more");
        }
        long position = size;
        long end = position;
        int limit = data.limit();
        try {
            while (data.position() < limit) {
                // Of a buffer on the heap the JDK keeps a copy as large as what is written at once.
                data.limit(data.position() + Math.min(PIECE, limit - data.position()));
                end += channel.write(data, end);
            }
        } finally {
            data.limit(limit);
        }
        size = end;
        return position;
    }

    private FileChannel unnamed() throws IOException {
        Path path = Files.createTempFile("wsvd-", ".unnamed");
        try {
            most = Math.min(most, Files.getFileStore(path).getUsableSpace() / 4);
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

    /**
     * Fills all that remains of a buffer with what was appended.
     *
     * @param position of the first byte
     * @throws WsvdException if it cannot be read
     */
    public void read(long position, ByteBuffer into) {
        try {
            for (long from = position; into.hasRemaining(); ) {
                int read = channel.read(into, from);
                if (read < 0) {
                    throw new IOException("it has become shorter");
                }
                from += read;
            }
        } catch (IOException e) {
            throw new WsvdException("A temporary file cannot be read: " + FileFailure.reason(e) + ".", e);
        }
    }

    /**
     * Some of what was appended, off the heap, which stays readable when the file is closed.
     *
     * @param position of the first byte
     * @throws IOException if it cannot be mapped
     */
    public ByteBuffer map(long position, int length) throws IOException {
        return channel.map(FileChannel.MapMode.READ_ONLY, position, length);
    }

    @Override
    public void close() {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                // Nothing is lost: what it holds is not wanted any more.
            }
        }
    }
}
