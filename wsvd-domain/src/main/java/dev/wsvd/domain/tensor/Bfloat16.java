package dev.wsvd.domain.tensor;

/** bfloat16: the upper half of a float32, with its range and 8 bits of precision. */
public final class Bfloat16 {
    private static final int QUIET_NAN = 0x7fc0;

    private Bfloat16() {}

    /** The float32 value of a bfloat16, exactly. */
    public static float toFloat(short upper) {
        return Float.intBitsToFloat(upper << 16);
    }

    /** The nearest bfloat16, ties to even; above the largest one (after rounding) infinite. */
    public static short fromFloat(float value) {
        int bits = Float.floatToIntBits(value);
        if (Float.isNaN(value)) {
            return QUIET_NAN;
        }
        int odd = (bits >>> 16) & 1;
        return (short) ((bits + 0x7fff + odd) >>> 16);
    }
}
