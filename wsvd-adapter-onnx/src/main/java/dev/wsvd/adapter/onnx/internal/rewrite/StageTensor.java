package dev.wsvd.adapter.onnx.internal.rewrite;

import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.UnsafeByteOperations;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.graph.TwoBytes;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.plan.Stage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.UnaryOperator;

/** Makes a stored tensor of a stage. */
final class StageTensor {
    private StageTensor() {}

    /**
     * @param type float32, float16 or bfloat16
     * @throws InvalidInputException if it has more bytes than a tensor can have, or a value that its type does not have
     */
    static TensorProto of(String name, List<Long> dims, float[] values, int type) {
        return of(name, dims, values, type, UnaryOperator.identity());
    }

    /** @param kept the same bytes where they are to be */
    static TensorProto of(String name, List<Long> dims, float[] values, int type, UnaryOperator<ByteBuffer> kept) {
        ByteBuffer bytes = kept.apply(TwoBytes.hold(type) ? rounded(name, values, type) : floats(name, values));
        return TensorProto.newBuilder()
                .setName(name)
                .setDataType(type)
                .addAllDims(dims)
                .setRawData(UnsafeByteOperations.unsafeWrap(bytes))
                .build();
    }

    /** The transposed matrix. */
    static float[] transposed(float[] values, int rows, int cols) {
        return new FloatMatrix(rows, cols, values).transposed().data();
    }

    /** W[n][m/g][k…] as W[m][n/g][k…]. */
    static float[] inputsFirst(float[] values, WeightShape shape, int groups) {
        int taps = shape.kernelSize();
        int in = shape.inPerGroup();
        int out = shape.out() / groups;
        float[] exchanged = new float[values.length];
        for (int o = 0; o < shape.out(); o++) {
            for (int i = 0; i < in; i++) {
                int to = (o / out * in + i) * out + o % out;
                System.arraycopy(values, (o * in + i) * taps, exchanged, to * taps, taps);
            }
        }
        return exchanged;
    }

    private static ByteBuffer floats(String name, float[] values) {
        ByteBuffer bytes = allocate(name, values.length, Float.BYTES);
        bytes.asFloatBuffer().put(Stage.written(values));
        return bytes;
    }

    private static ByteBuffer rounded(String name, float[] values, int type) {
        ByteBuffer bytes = allocate(name, values.length, Short.BYTES);
        float[] written = Stage.written(values);
        for (int i = 0; i < written.length; i++) {
            short rounded = TwoBytes.fromFloat(type, written[i]);
            if (!Float.isFinite(TwoBytes.toFloat(type, rounded))) {
                throw new InvalidInputException("The factor '" + name + "' has the value " + values[i] + ", which "
                        + ElementTypes.name(type) + " cannot hold. Maybe leave this layer dense.");
            }
            bytes.putShort(i * Short.BYTES, rounded);
        }
        return bytes;
    }

    private static ByteBuffer allocate(String name, int elements, int size) {
        if ((long) elements * size > Integer.MAX_VALUE - 8) {
            throw new InvalidInputException("The factor '" + name + "' would have " + (long) elements * size
                    + " bytes; a tensor in an ONNX file has at most " + (Integer.MAX_VALUE - 8) + ".");
        }
        return ByteBuffer.allocate(elements * size).order(ByteOrder.LITTLE_ENDIAN);
    }
}
