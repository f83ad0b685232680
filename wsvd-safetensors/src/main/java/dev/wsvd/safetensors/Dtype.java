package dev.wsvd.safetensors;

import dev.wsvd.domain.tensor.Bfloat16;
import dev.wsvd.domain.tensor.Float16;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.stream.Stream;

/** How a tensor's elements are stored, little-endian. Only real numbers of 16 bits and more are read as such; others are copied. */
public enum Dtype {
    BOOL(8),
    F4(4),
    F6_E2M3(6),
    F6_E3M2(6),
    U8(8),
    I8(8),
    F8_E5M2(8),
    F8_E4M3(8),
    F8_E8M0(8),
    I16(16),
    U16(16),
    F16(16),
    BF16(16),
    I32(32),
    U32(32),
    F32(32),
    C64(64),
    F64(64),
    I64(64),
    U64(64);

    private final int bits;

    Dtype(int bits) {
        this.bits = bits;
    }

    static Optional<Dtype> of(String name) {
        return Stream.of(values()).filter(type -> type.name().equals(name)).findFirst();
    }

    /** Of one element. */
    int bits() {
        return bits;
    }

    /** Of one element, where that is a whole number of bytes. */
    int bytes() {
        return bits / 8;
    }

    /** Whether {@link StoredTensor#floats} reads it. */
    public boolean isReal() {
        return this == F16 || this == BF16 || this == F32 || this == F64;
    }

    /** The next element of a buffer; one of float64 is rounded, and infinite where float32 does not reach. */
    float get(ByteBuffer from) {
        return switch (this) {
            case F16 -> Float16.toFloat(from.getShort());
            case BF16 -> Bfloat16.toFloat(from.getShort());
            case F64 -> (float) from.getDouble();
            default -> from.getFloat();
        };
    }

    /** Appends an element to a buffer, rounded to the nearest, ties to even. */
    void put(ByteBuffer to, float value) {
        switch (this) {
            case F16 -> to.putShort(Float16.fromFloat(value));
            case BF16 -> to.putShort(Bfloat16.fromFloat(value));
            case F64 -> to.putDouble(value);
            default -> to.putFloat(value);
        }
    }

    /** A number as an element of this type has it, rounded to the nearest, ties to even; infinite above the largest. */
    public float rounded(float value) {
        return switch (this) {
            case F16 -> Float16.toFloat(Float16.fromFloat(value));
            case BF16 -> Bfloat16.toFloat(Bfloat16.fromFloat(value));
            default -> value;
        };
    }
}
