package dev.wsvd.evaluation;

import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The values of an array.
 *
 * @param low the smallest
 * @param high the largest
 * @param whole whether all are whole numbers
 * @param finite whether none is NaN or infinite
 */
record ValueRange(double low, double high, boolean whole, boolean finite) {
    private static final double MOST_BYTE = 255;

    /** Scaled to 0 … 1, a picture of bytes has no value far above 1. */
    private static final double FEWEST_BYTE = 16;

    static ValueRange of(Tensor tensor) {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        boolean whole = true;
        boolean finite = true;
        for (int i = 0; i < tensor.elements(); i++) {
            double value = tensor.getDouble(i);
            finite &= Double.isFinite(value);
            whole &= value == Math.rint(value);
            low = Math.min(low, value);
            high = Math.max(high, value);
        }
        return new ValueRange(low, high, whole, finite);
    }

    /** The largest absolute value. */
    double magnitude() {
        return Math.max(Math.abs(low), Math.abs(high));
    }

    /** Whether they may be pictures' bytes as they are. */
    boolean isBytes() {
        return whole && low >= 0 && high <= MOST_BYTE && high > FEWEST_BYTE;
    }

    /** Values divided by 255, as float32. */
    static Tensor scaled(Tensor bytes) {
        ByteBuffer out =
                ByteBuffer.allocateDirect(Math.toIntExact(4 * bytes.elements())).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < bytes.elements(); i++) {
            out.putFloat((float) (bytes.getDouble(i) / MOST_BYTE));
        }
        return new Tensor(ElementType.FLOAT32, bytes.shape(), out.rewind());
    }
}
