package dev.wsvd.evaluation;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** The elements of an array read into memory: little-endian, in C order, whatever they were in the file. */
final class Elements {
    private static final int CHUNK = 1 << 16;

    private Elements() {}

    /**
     * Reads the elements that follow a header.
     *
     * @throws InvalidInputException if there are fewer or more than the header says, or more than memory can hold
     */
    static Tensor read(InputStream in, NpyHeader header, String where) throws IOException {
        ByteBuffer data = allocate(header, where);
        byte[] chunk = new byte[CHUNK];
        while (data.hasRemaining()) {
            int read = in.readNBytes(chunk, 0, Math.min(CHUNK, data.remaining()));
            if (read == 0) {
                throw sizesDiffer(header, data.position(), where);
            }
            data.put(chunk, 0, read);
        }
        if (in.read() >= 0) {
            throw new InvalidInputException(where + " has more bytes than its shape " + header.shape() + " of "
                    + header.type() + " needs (" + header.elementBytes() + ").");
        }
        data.rewind();
        if (header.bigEndian()) {
            swap(data, header.type().bytes());
        }
        return new Tensor(header.type(), header.shape(), header.asInMemory() ? data : inCOrder(data, header, where));
    }

    static InvalidInputException sizesDiffer(NpyHeader header, long found, String where) {
        return new InvalidInputException(where + " is damaged or cut off: its shape " + header.shape() + " of "
                + header.type() + " needs " + header.elementBytes() + " bytes, found " + found + ".");
    }

    private static ByteBuffer allocate(NpyHeader header, String where) {
        long bytes = header.elementBytes();
        if (bytes > Integer.MAX_VALUE) {
            throw new InvalidInputException(
                    where + " needs " + bytes + " bytes of memory; at most " + Integer.MAX_VALUE
                            + " can be read at once. Maybe save it as a little-endian .npy in C order, which may be of any size.");
        }
        try {
            return ByteBuffer.allocateDirect((int) bytes);
        } catch (OutOfMemoryError e) {
            throw new InvalidInputException(
                    where + " needs " + bytes + " bytes of memory, more than there is. Maybe use"
                            + " fewer samples or raise -XX:MaxDirectMemorySize.",
                    e);
        }
    }

    private static void swap(ByteBuffer data, int size) {
        for (int i = 0; i < data.capacity(); i += size) {
            for (int low = i, high = i + size - 1; low < high; low++, high--) {
                byte kept = data.get(low);
                data.put(low, data.get(high)).put(high, kept);
            }
        }
    }

    /** Rearranges elements whose first dim varies fastest. */
    private static ByteBuffer inCOrder(ByteBuffer data, NpyHeader header, String where) {
        if (!header.fortran()) {
            return data;
        }
        ByteBuffer out = allocate(header, where);
        int size = header.type().bytes();
        int[] dims = header.shape().stream().mapToInt(Math::toIntExact).toArray();
        int[] index = new int[dims.length];
        for (int to = 0; to < data.capacity(); to += size) {
            int from = 0;
            for (int d = dims.length - 1; d >= 0; d--) {
                from = from * dims[d] + index[d];
            }
            for (int b = 0; b < size; b++) {
                out.put(to + b, data.get(from * size + b));
            }
            for (int d = dims.length - 1; d >= 0 && ++index[d] == dims[d]; d--) {
                index[d] = 0;
            }
        }
        return out;
    }
}
