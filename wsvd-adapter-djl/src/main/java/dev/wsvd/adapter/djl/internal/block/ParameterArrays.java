package dev.wsvd.adapter.djl.internal.block;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.util.passthrough.PassthroughNDArray;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.tensor.Float16;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Parameters as float arrays and as arrays of any DJL manager, with or without an engine behind it. */
public final class ParameterArrays {
    private ParameterArrays() {}

    /** Writes a block's parameters as DJL does, which can read an array without an engine only once unless it is rewound. */
    public static void save(Block block, DataOutputStream out) throws IOException {
        block.getParameters().forEach(parameter -> {
            if (parameter.getValue().isInitialized()
                    && parameter.getValue().getArray() instanceof PassthroughNDArray array) {
                array.toByteBuffer().rewind();
            }
        });
        block.saveParameters(out);
    }

    /** The elements of a float32 or float16 array, row-major. */
    public static float[] read(NDArray array) {
        return read(array, 0, Math.toIntExact(array.getShape().size()));
    }

    /**
     * Some rows of such an array; an engine copies no others.
     *
     * @param from first index along the first dim
     * @param to behind the last
     */
    public static float[] rows(NDArray array, int from, int to) {
        if (array instanceof PassthroughNDArray) {
            int row = Math.toIntExact(array.getShape().slice(1).size());
            return read(array, from * row, (to - from) * row);
        }
        try (NDArray rows = array.get(new NDIndex().addSliceDim(from, to))) {
            return read(rows);
        }
    }

    private static float[] read(NDArray array, int first, int count) {
        float[] values = new float[count];
        ByteBuffer bytes = array.toByteBuffer().rewind().order(ByteOrder.nativeOrder());
        if (array.getDataType() == DataType.FLOAT32) {
            bytes.asFloatBuffer().get(first, values);
        } else {
            for (int i = 0; i < count; i++) {
                values[i] = Float16.toFloat(bytes.getShort(2 * (first + i)));
            }
        }
        return values;
    }

    /** A new float32 or float16 array. */
    public static NDArray write(NDManager manager, WeightShape shape, float[] values, DataType type) {
        long[] dims = shape.dims().stream().mapToLong(Integer::longValue).toArray();
        return write(manager, new Shape(dims), values, type);
    }

    /** A new float32 or float16 array. */
    public static NDArray write(NDManager manager, Shape shape, float[] values, DataType type) {
        ByteBuffer bytes = manager.allocateDirect(Math.multiplyExact(values.length, type.getNumOfBytes()));
        if (type == DataType.FLOAT32) {
            bytes.asFloatBuffer().put(values);
        } else {
            for (int i = 0; i < values.length; i++) {
                bytes.putShort(2 * i, Float16.fromFloat(values[i]));
            }
        }
        return manager.create(bytes, shape, type);
    }
}
