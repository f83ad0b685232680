package dev.wsvd.adapter.onnx.internal.weights;

import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.UnsafeByteOperations;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.graph.TwoBytes;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.Printable;
import dev.wsvd.safetensors.Dtype;
import dev.wsvd.safetensors.StoredTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The tensor whose values a parameter takes.
 *
 * @param transposed whether the parameter is the tensor's transpose
 * @param byModule whether it was found by the module of the parameter's layer
 */
record Given(StoredTensor tensor, boolean transposed, boolean byModule) {
    /**
     * A parameter with these values.
     *
     * @param stored of the tensor's shape, or its transpose's, and with no place for values in other files
     * @throws InvalidInputException if a value is too large for the parameter's type, or the values cannot be read
     */
    TensorProto fill(TensorProto.Builder stored) {
        int type = stored.getDataType();
        stored.clearFloatData().clearInt32Data();
        ByteBuffer bytes = tensor.type() == same(type) && !transposed ? tensor.bytes() : converted(type);
        return stored.setRawData(UnsafeByteOperations.unsafeWrap(bytes)).build();
    }

    private static Dtype same(int type) {
        return type == ElementTypes.FLOAT16 ? Dtype.F16 : type == ElementTypes.BFLOAT16 ? Dtype.BF16 : Dtype.F32;
    }

    private ByteBuffer converted(int type) {
        float[] values = tensor.floats();
        int rows = transposed ? tensor.shape().get(0).intValue() : 1;
        int cols = rows == 0 ? 0 : values.length / rows;
        long size = (long) values.length * (TwoBytes.hold(type) ? Short.BYTES : Float.BYTES);
        if (size > Integer.MAX_VALUE) {
            throw new InvalidInputException("The tensor '" + Printable.name(tensor.name()) + "' has " + values.length
                    + " elements, too many to be converted at once.");
        }
        ByteBuffer bytes = ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN);
        for (int col = 0; col < cols; col++) {
            for (int row = 0; row < rows; row++) {
                put(bytes, type, values[row * cols + col]);
            }
        }
        return bytes.flip();
    }

    private void put(ByteBuffer to, int type, float value) {
        if (!TwoBytes.hold(type)) {
            to.putFloat(value);
            return;
        }
        short rounded = TwoBytes.fromFloat(type, value);
        if (Float.isFinite(value) && !Float.isFinite(TwoBytes.toFloat(type, rounded))) {
            throw new InvalidInputException("The tensor '" + Printable.name(tensor.name()) + "' has the value " + value
                    + ", which " + ElementTypes.name(type) + ", the parameter's type in the model, cannot hold.");
        }
        to.putShort(rounded);
    }
}
