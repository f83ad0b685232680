package dev.wsvd.adapter.onnx.internal.run;

import dev.wsvd.domain.tensor.Bfloat16;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Float16;
import dev.wsvd.domain.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Fits a caller's array to a model's input where that is what the caller means: any number becomes a floating type (an image
 * of bytes, a float64 array), an integer becomes a wider one. An integer is never made of a fraction, nor of a wider integer.
 */
final class TensorCast {
    private TensorCast() {}

    static boolean allowed(ElementType from, ElementType to) {
        if (from == to) {
            return true;
        }
        if (to.floating()) {
            return true;
        }
        if (from.floating() || to == ElementType.BOOL) {
            return false;
        }
        boolean widens = to.bytes() > from.bytes();
        return widens && (isUnsigned(from) || !isUnsigned(to));
    }

    /** The tensor as another type, for which {@link #allowed} says yes; itself if it is of that type. */
    static Tensor to(ElementType type, Tensor tensor) {
        if (tensor.type() == type) {
            return tensor;
        }
        int elements = Math.toIntExact(tensor.elements());
        ByteBuffer out = ByteBuffer.allocateDirect(Math.multiplyExact(elements, type.bytes()))
                .order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < elements; i++) {
            put(out, type, i, tensor);
        }
        return new Tensor(type, tensor.shape(), out);
    }

    private static void put(ByteBuffer out, ElementType type, int i, Tensor from) {
        switch (type) {
            case FLOAT16 -> out.putShort(i * 2, Float16.fromFloat((float) from.getDouble(i)));
            case BFLOAT16 -> out.putShort(i * 2, Bfloat16.fromFloat((float) from.getDouble(i)));
            case FLOAT32 -> out.putFloat(i * 4, (float) from.getDouble(i));
            case FLOAT64 -> out.putDouble(i * 8, from.getDouble(i));
            case INT8, UINT8, BOOL -> out.put(i, (byte) from.getDouble(i));
            case INT16, UINT16 -> out.putShort(i * 2, (short) (int) from.getDouble(i));
            case INT32, UINT32 -> out.putInt(i * 4, (int) (long) from.getDouble(i));
            case INT64, UINT64 -> out.putLong(i * 8, (long) from.getDouble(i));
        }
    }

    private static boolean isUnsigned(ElementType type) {
        return switch (type) {
            case UINT8, UINT16, UINT32, UINT64, BOOL -> true;
            default -> false;
        };
    }
}
