package dev.wsvd.safetensors;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.Printable;
import dev.wsvd.domain.file.FileFailure;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * A tensor in a safetensors file, row-major. Nothing is read before it is asked for; the file must not change while this is used.
 *
 * @param shape empty for a single number
 * @param offset where its bytes begin in the file
 * @param length how many it has
 */
public record StoredTensor(String name, Dtype type, List<Long> shape, Path file, long offset, long length) {
    private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

    /** The smallest piece that is mapped, in bytes; others are read, because systems allow only some ten thousand mappings. */
    private static final int MAPPED = 1 << 20;

    /** How many elements are read at once, so that their bytes fit in a buffer. */
    private static final int SEGMENT = 1 << 27;

    public StoredTensor {
        shape = List.copyOf(shape);
    }

    /** How many elements it has. */
    public long elements() {
        return shape.stream().reduce(1L, (a, b) -> a * b);
    }

    /**
     * All elements as float32; those of float64 are rounded.
     *
     * @throws InvalidInputException if they are no real numbers, too large for float32, more than an array can have, or cannot be read
     */
    public float[] floats() {
        if (elements() > LARGEST_ARRAY) {
            throw new InvalidInputException(
                    named() + " has " + elements() + " elements; at most " + LARGEST_ARRAY + " can be read at once.");
        }
        return floats(0, (int) elements());
    }

    /**
     * Some elements as float32.
     *
     * @throws InvalidInputException if they are no real numbers, too large for float32, or cannot be read
     */
    public float[] floats(long first, int count) {
        requireReal();
        Objects.checkFromIndexSize(first, count, elements());
        float[] values = new float[count];
        for (int done = 0; done < count; ) {
            int size = Math.min(SEGMENT, count - done);
            ByteBuffer bytes = bytes((first + done) * type.bytes(), size * type.bytes());
            for (int i = 0; i < size; i++) {
                values[done++] = type.get(bytes);
            }
            requireHeld(bytes, values, done - size, size);
        }
        return values;
    }

    /** @throws InvalidInputException if its elements cannot be read as weights */
    public void requireReal() {
        if (!type.isReal()) {
            throw new InvalidInputException(
                    named() + " is " + type + "; F32, F16, BF16 and F64 can be read as weights.");
        }
    }

    private void requireHeld(ByteBuffer bytes, float[] values, int first, int count) {
        if (type != Dtype.F64) {
            return;
        }
        for (int i = 0; i < count; i++) {
            double stored = bytes.getDouble(i * Double.BYTES);
            if (Float.isInfinite(values[first + i]) && !Double.isInfinite(stored)) {
                throw new InvalidInputException(named() + " has the value " + stored + ", which F32 cannot hold.");
            }
        }
    }

    /**
     * All its bytes, little-endian and not to be written to; mapped if they are many.
     *
     * @throws InvalidInputException if they are more than a buffer can have, or cannot be read
     */
    public ByteBuffer bytes() {
        if (length > Integer.MAX_VALUE) {
            throw new InvalidInputException(
                    named() + " has " + length + " bytes; at most " + Integer.MAX_VALUE + " can be read at once.");
        }
        return bytes(0, (int) length);
    }

    /** Some of its bytes. */
    private ByteBuffer bytes(long from, int count) {
        try (FileChannel channel = FileChannel.open(file)) {
            if (count >= MAPPED) {
                return channel.map(FileChannel.MapMode.READ_ONLY, offset + from, count)
                        .order(ByteOrder.LITTLE_ENDIAN);
            }
            ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
            while (bytes.hasRemaining()) {
                if (channel.read(bytes, offset + from + bytes.position()) < 0) {
                    throw new EOFException("it ends too early");
                }
            }
            return bytes.flip();
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /** Appends its bytes as they are stored. */
    void copyTo(OutputStream out) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            WritableByteChannel to = Channels.newChannel(out);
            for (long done = 0; done < length; ) {
                long copied = channel.transferTo(offset + done, length - done, to);
                if (copied <= 0) {
                    throw unreadable(new EOFException("it ends too early"));
                }
                done += copied;
            }
        }
    }

    private InvalidInputException unreadable(IOException cause) {
        return new InvalidInputException("'" + file + "' cannot be read: " + FileFailure.reason(cause) + ".", cause);
    }

    private String named() {
        return "The tensor '" + Printable.name(name) + "' of '" + file + "'";
    }
}
