package dev.wsvd.adapter.onnx.internal.graph;

import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.domain.error.InvalidInputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A copy of a stored tensor's elements, row-major and little-endian, of any type of whole bytes. Not changed once made.
 *
 * @param type ONNX's number of the element type
 */
public record StoredArray(int type, List<Long> dims, byte[] data) {
    /** Rows and columns of a square of elements that is turned at once. */
    private static final int SQUARE = 32;

    public StoredArray {
        dims = List.copyOf(dims);
    }

    /**
     * What a node sees of a stored tensor, in the type that is stored.
     *
     * @throws InvalidInputException if its elements are no whole bytes
     */
    public static StoredArray of(ConstantTensor seen, ExternalData external) {
        return of(seen.tensor(), external).permuted(seen.permutation());
    }

    /**
     * A tensor as it is stored.
     *
     * @throws InvalidInputException if its elements are no whole bytes
     */
    public static StoredArray of(TensorProto tensor, ExternalData external) {
        int size = size(tensor.getDataType());
        if (tensor.hasRawData() || ExternalData.isExternal(tensor)) {
            ByteBuffer raw = external.bytes(tensor);
            byte[] data = new byte[raw.remaining()];
            raw.get(data);
            return new StoredArray(tensor.getDataType(), tensor.getDimsList(), data);
        }
        int count = Math.max(
                Math.max(tensor.getFloatDataCount(), tensor.getInt32DataCount()),
                Math.max(
                        tensor.getInt64DataCount(),
                        Math.max(tensor.getDoubleDataCount(), tensor.getUint64DataCount())));
        ByteBuffer data = ByteBuffer.allocate(count * size).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            put(data, tensor, i, size);
        }
        return new StoredArray(tensor.getDataType(), tensor.getDimsList(), data.array());
    }

    private static void put(ByteBuffer data, TensorProto tensor, int i, int size) {
        if (tensor.getFloatDataCount() > 0) {
            data.putFloat(tensor.getFloatData(i));
        } else if (tensor.getDoubleDataCount() > 0) {
            data.putDouble(tensor.getDoubleData(i));
        } else {
            long bits = tensor.getInt32DataCount() > 0
                    ? tensor.getInt32Data(i)
                    : tensor.getInt64DataCount() > 0 ? tensor.getInt64Data(i) : tensor.getUint64Data(i);
            for (int b = 0; b < size; b++) {
                data.put((byte) (bits >> (8 * b)));
            }
        }
    }

    /** Numbers as float32 or, of that type, float16 or bfloat16. */
    public static StoredArray of(int type, List<Long> dims, float[] values) {
        ByteBuffer data = ByteBuffer.allocate(values.length * size(type)).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            if (TwoBytes.hold(type)) {
                data.putShort(rounded(type, value));
            } else {
                data.putFloat(value);
            }
        }
        return new StoredArray(type, dims, data.array());
    }

    private static short rounded(int type, float value) {
        short rounded = TwoBytes.fromFloat(type, value);
        if (!Float.isFinite(TwoBytes.toFloat(type, rounded))) {
            throw new InvalidInputException("A cut gives the value " + value + ", which " + ElementTypes.name(type)
                    + " cannot hold. Maybe leave the layers it touches as they are.");
        }
        return rounded;
    }

    /** Whole numbers, int64. */
    public static StoredArray of(List<Long> dims, long[] values) {
        ByteBuffer data = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        data.asLongBuffer().put(values);
        return new StoredArray(TensorProto.DataType.INT64_VALUE, dims, data.array());
    }

    /** Whether a tensor's elements are whole bytes. */
    public static boolean canRead(ConstantTensor tensor) {
        return ElementTypes.bits(tensor.tensor().getDataType()) >= 8;
    }

    private static int size(int type) {
        int bits = ElementTypes.bits(type);
        if (bits < 8) {
            throw new InvalidInputException("A tensor of type " + ElementTypes.name(type) + " cannot be cut.");
        }
        return bits / 8;
    }

    /** How many elements it has. */
    public int elements() {
        return data.length / size(type);
    }

    /** Whether it holds float32, float16 or bfloat16. */
    public boolean isFloat() {
        return ElementTypes.isWeight(type);
    }

    /** Its numbers, of a tensor for which {@link #isFloat} says yes. */
    public float[] floats() {
        ByteBuffer bytes = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
        float[] out = new float[elements()];
        for (int i = 0; i < out.length; i++) {
            out[i] = TwoBytes.hold(type)
                    ? TwoBytes.toFloat(type, bytes.getShort(i * Short.BYTES))
                    : bytes.getFloat(i * Float.BYTES);
        }
        return out;
    }

    /** Its numbers, of an int64 or int32 tensor. */
    public long[] longs() {
        ByteBuffer bytes = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
        long[] out = new long[elements()];
        for (int i = 0; i < out.length; i++) {
            out[i] = type == TensorProto.DataType.INT64_VALUE ? bytes.getLong(i * 8) : bytes.getInt(i * 4);
        }
        return out;
    }

    /** The same with other whole numbers. */
    public StoredArray with(long[] values) {
        if (type == TensorProto.DataType.INT64_VALUE) {
            return of(dims, values);
        }
        ByteBuffer out = ByteBuffer.allocate(values.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (long value : values) {
            out.putInt((int) value);
        }
        return new StoredArray(type, dims, out.array());
    }

    /** Dim i of the result is dim order[i] of this. */
    public StoredArray permuted(List<Integer> order) {
        int rank = dims.size();
        if (order.equals(IntStream.range(0, rank).boxed().toList())) {
            return this;
        }
        int size = size(type);
        if (rank == 2 && size == Float.BYTES) {
            return transposed();
        }
        long[] strides = new long[rank];
        long step = 1;
        for (int d = rank - 1; d >= 0; d--) {
            strides[d] = step;
            step *= dims.get(d);
        }
        List<Long> after = order.stream().map(dims::get).toList();
        long[] sizes = after.stream().mapToLong(Long::longValue).toArray();
        long[] steps = order.stream().mapToLong(dim -> strides[dim]).toArray();
        byte[] out = new byte[data.length];
        long[] at = new long[rank];
        long from = 0;
        for (int to = 0; to < out.length; to += size) {
            System.arraycopy(data, (int) (from * size), out, to, size);
            for (int d = rank - 1; d >= 0; d--) {
                from += steps[d];
                if (++at[d] < sizes[d]) {
                    break;
                }
                from -= at[d] * steps[d];
                at[d] = 0;
            }
        }
        return new StoredArray(type, after, out);
    }

    /** A matrix of elements of four bytes the other way round, square by square, so that what is read and written stays in the cache. */
    private StoredArray transposed() {
        int rows = Math.toIntExact(dims.get(0));
        int cols = Math.toIntExact(dims.get(1));
        byte[] out = new byte[data.length];
        IntBuffer from = ByteBuffer.wrap(data).asIntBuffer();
        IntBuffer to = ByteBuffer.wrap(out).asIntBuffer();
        for (int row = 0; row < rows; row += SQUARE) {
            for (int col = 0; col < cols; col += SQUARE) {
                for (int i = row; i < Math.min(rows, row + SQUARE); i++) {
                    for (int j = col; j < Math.min(cols, col + SQUARE); j++) {
                        to.put(j * rows + i, from.get(i * cols + j));
                    }
                }
            }
        }
        return new StoredArray(type, List.of(dims.get(1), dims.get(0)), out);
    }

    /** Some places along a dim, in the order given. */
    public StoredArray kept(int axis, List<Integer> places) {
        int size = size(type);
        long inner = size;
        for (int d = axis + 1; d < dims.size(); d++) {
            inner *= dims.get(d);
        }
        int block = (int) inner;
        int width = Math.toIntExact(dims.get(axis));
        int outer = block == 0 || width == 0 ? 0 : data.length / block / width;
        byte[] out = new byte[outer * places.size() * block];
        int to = 0;
        for (int o = 0; o < outer; o++) {
            for (int place : places) {
                System.arraycopy(data, (o * width + place) * block, out, to, block);
                to += block;
            }
        }
        List<Long> after = new ArrayList<>(dims);
        after.set(axis, (long) places.size());
        return new StoredArray(type, after, out);
    }

    /** As a tensor of a graph. */
    public TensorProto tensor(String name) {
        ByteString raw = UnsafeByteOperations.unsafeWrap(data);
        return TensorProto.newBuilder()
                .setName(name)
                .setDataType(type)
                .addAllDims(dims)
                .setRawData(raw)
                .build();
    }
}
