package dev.wsvd.adapter.onnx.internal.file;

import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.wsvd.domain.tensor.ElementType;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/** ONNX's element types, by the numbers that stand in files. */
public final class ElementTypes {
    public static final int FLOAT = DataType.FLOAT_VALUE;
    public static final int FLOAT16 = DataType.FLOAT16_VALUE;
    public static final int BFLOAT16 = DataType.BFLOAT16_VALUE;

    private static final Map<ElementType, Integer> NUMBERS = new EnumMap<>(ElementType.class);

    static {
        NUMBERS.put(ElementType.FLOAT16, DataType.FLOAT16_VALUE);
        NUMBERS.put(ElementType.BFLOAT16, DataType.BFLOAT16_VALUE);
        NUMBERS.put(ElementType.FLOAT32, DataType.FLOAT_VALUE);
        NUMBERS.put(ElementType.FLOAT64, DataType.DOUBLE_VALUE);
        NUMBERS.put(ElementType.INT8, DataType.INT8_VALUE);
        NUMBERS.put(ElementType.INT16, DataType.INT16_VALUE);
        NUMBERS.put(ElementType.INT32, DataType.INT32_VALUE);
        NUMBERS.put(ElementType.INT64, DataType.INT64_VALUE);
        NUMBERS.put(ElementType.UINT8, DataType.UINT8_VALUE);
        NUMBERS.put(ElementType.UINT16, DataType.UINT16_VALUE);
        NUMBERS.put(ElementType.UINT32, DataType.UINT32_VALUE);
        NUMBERS.put(ElementType.UINT64, DataType.UINT64_VALUE);
        NUMBERS.put(ElementType.BOOL, DataType.BOOL_VALUE);
    }

    private ElementTypes() {}

    /** ONNX's number of a type. */
    public static int number(ElementType type) {
        return NUMBERS.get(type);
    }

    /** The type of a number; empty for what {@link ElementType} has no name for, such as strings and float8. */
    public static Optional<ElementType> of(int number) {
        return NUMBERS.entrySet().stream()
                .filter(e -> e.getValue() == number)
                .map(Map.Entry::getKey)
                .findFirst();
    }

    /** For people: {@code float32}, {@code bfloat16}, {@code type 99}. */
    public static String name(int number) {
        return of(number).map(ElementType::toString).orElseGet(() -> {
            DataType known = DataType.forNumber(number);
            return known == null ? "type " + number : known.name().toLowerCase(java.util.Locale.ROOT);
        });
    }

    /** Bits of one element; 0 for strings and types unknown here. */
    public static int bits(int number) {
        DataType type = DataType.forNumber(number);
        if (type == null) {
            return 0;
        }
        return switch (type) {
            case UINT4, INT4 -> 4;
            case UINT8, INT8, BOOL, FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ -> 8;
            case UINT16, INT16, FLOAT16, BFLOAT16 -> 16;
            case FLOAT, INT32, UINT32 -> 32;
            case DOUBLE, INT64, UINT64, COMPLEX64 -> 64;
            case COMPLEX128 -> 128;
            default -> 0;
        };
    }

    /** Whether weights of that type are read and written: float32, float16 and bfloat16. */
    public static boolean isWeight(int number) {
        return number == FLOAT || number == FLOAT16 || number == BFLOAT16;
    }

    /** Whether a tensor may hold weights, quantised or not: real numbers, or integers of at most 8 bits. */
    public static boolean isNumeric(TensorProto tensor) {
        int type = tensor.getDataType();
        return isFloating(tensor) || type != DataType.BOOL_VALUE && bits(type) > 0 && bits(type) <= 8;
    }

    /** Whether a tensor holds real numbers rather than sizes and indices. */
    public static boolean isFloating(TensorProto tensor) {
        return switch (tensor.getDataType()) {
            case DataType.FLOAT_VALUE, DataType.FLOAT16_VALUE, DataType.DOUBLE_VALUE, DataType.BFLOAT16_VALUE -> true;
            default -> false;
        };
    }
}
