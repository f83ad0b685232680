package dev.wsvd.domain.tensor;

/** IEEE 754 binary16, which Java 17 has no conversion for. */
public final class Float16 {
    private Float16() {}

    /** The float32 value of a half, exactly. */
    public static float toFloat(short half) {
        int bits = half & 0xffff;
        int sign = (bits & 0x8000) << 16;
        int exponent = (bits >>> 10) & 0x1f;
        int mantissa = bits & 0x3ff;
        if (exponent == 0x1f) {
            return Float.intBitsToFloat(sign | 0x7f800000 | (mantissa << 13));
        }
        if (exponent == 0) {
            float magnitude = mantissa * 0x1p-24f;
            return sign == 0 ? magnitude : -magnitude;
        }
        return Float.intBitsToFloat(sign | ((exponent + 112) << 23) | (mantissa << 13));
    }

    /** The nearest half, ties to even; beyond ±65504 (after rounding) infinite. */
    public static short fromFloat(float value) {
        int bits = Float.floatToIntBits(value);
        int sign = (bits >>> 16) & 0x8000;
        int magnitude = bits & 0x7fffffff;
        if (magnitude > 0x7f800000) {
            return (short) (sign | 0x7e00);
        }
        if (magnitude >= 0x477ff000) {
            return (short) (sign | 0x7c00);
        }
        if (magnitude < 0x38800000) {
            // Subnormal: adding 0.5 puts the half's last bit at the float's last bit, rounding to even on the way.
            float shifted = Float.intBitsToFloat(magnitude) + 0.5f;
            return (short) (sign | (Float.floatToIntBits(shifted) - 0x3f000000));
        }
        int odd = (magnitude >>> 13) & 1;
        return (short) (sign | ((magnitude - 0x38000000 + 0xfff + odd) >>> 13));
    }
}
