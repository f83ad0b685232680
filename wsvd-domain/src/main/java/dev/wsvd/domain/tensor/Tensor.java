package dev.wsvd.domain.tensor;

import dev.wsvd.domain.error.InvalidInputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** A dense row-major array of one element type. Immutable by agreement: nobody writes to the buffer. */
public final class Tensor {
    private final ElementType type;
    private final List<Long> shape;
    private final ByteBuffer data;

    /**
     * @param shape all dims, each at least 0
     * @param data the elements from position 0, read in little-endian order; not copied
     * @throws InvalidInputException if the sizes disagree
     */
    public Tensor(ElementType type, List<Long> shape, ByteBuffer data) {
        this.type = type;
        this.shape = List.copyOf(shape);
        this.data = data.duplicate().rewind().order(ByteOrder.LITTLE_ENDIAN);
        long bytes = Math.multiplyExact(elements(), type.bytes());
        if (shape.stream().anyMatch(d -> d < 0) || this.data.remaining() != bytes) {
            throw new InvalidInputException("A " + type + " tensor of shape " + shape + " needs " + bytes
                    + " bytes, found " + this.data.remaining() + ".");
        }
    }

    /** A float32 tensor; the array is copied. */
    public static Tensor ofFloats(List<Long> shape, float[] values) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asFloatBuffer().put(values);
        return new Tensor(ElementType.FLOAT32, shape, buffer);
    }

    /** An int64 tensor; the array is copied. */
    public static Tensor ofLongs(List<Long> shape, long[] values) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(values.length * 8).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asLongBuffer().put(values);
        return new Tensor(ElementType.INT64, shape, buffer);
    }

    public ElementType type() {
        return type;
    }

    public List<Long> shape() {
        return shape;
    }

    /** A little-endian view of the elements, positioned at the first. */
    public ByteBuffer data() {
        return data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Number of elements: the product of the dims, 1 for a scalar. */
    public long elements() {
        return shape.stream().reduce(1L, Math::multiplyExact);
    }

    /** An element's value as a double; int64 beyond 2^53 loses precision. */
    public double getDouble(int index) {
        return switch (type) {
            case FLOAT16 -> Float16.toFloat(data.getShort(index * 2));
            case BFLOAT16 -> Bfloat16.toFloat(data.getShort(index * 2));
            case FLOAT32 -> data.getFloat(index * 4);
            case FLOAT64 -> data.getDouble(index * 8);
            case INT8 -> data.get(index);
            case UINT8, BOOL -> data.get(index) & 0xff;
            case INT16 -> data.getShort(index * 2);
            case UINT16 -> data.getShort(index * 2) & 0xffff;
            case INT32 -> data.getInt(index * 4);
            case UINT32 -> data.getInt(index * 4) & 0xffffffffL;
            case INT64, UINT64 -> data.getLong(index * 8);
        };
    }

    /**
     * Samples from … to of the first dim, sharing this tensor's memory.
     *
     * @throws InvalidInputException if the range is outside the first dim
     */
    public Tensor samples(long from, long to) {
        if (shape.isEmpty() || from < 0 || to < from || to > shape.get(0)) {
            throw new InvalidInputException("Samples " + from + " … " + to + " of a tensor of shape " + shape + ".");
        }
        long perSample = shape.get(0) == 0 ? 0 : elements() / shape.get(0) * type.bytes();
        List<Long> dims = new java.util.ArrayList<>(shape);
        dims.set(0, to - from);
        ByteBuffer view = data.duplicate();
        view.position(Math.toIntExact(from * perSample)).limit(Math.toIntExact(to * perSample));
        return new Tensor(type, dims, view.slice());
    }

    /** A copy in the Java heap, which outlives whatever owns this tensor's memory. */
    public Tensor copy() {
        ByteBuffer copy = ByteBuffer.allocate(data.remaining());
        return new Tensor(type, shape, copy.put(data()));
    }
}
