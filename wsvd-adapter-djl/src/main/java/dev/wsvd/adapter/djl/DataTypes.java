package dev.wsvd.adapter.djl;

import ai.djl.ndarray.types.DataType;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.tensor.ElementType;

/** DJL's names for types of elements. */
final class DataTypes {
    private DataTypes() {}

    static ElementType of(DataType type) {
        return switch (type) {
            case FLOAT16 -> ElementType.FLOAT16;
            case FLOAT32 -> ElementType.FLOAT32;
            case FLOAT64 -> ElementType.FLOAT64;
            case INT8 -> ElementType.INT8;
            case INT16 -> ElementType.INT16;
            case INT32 -> ElementType.INT32;
            case INT64 -> ElementType.INT64;
            case UINT8 -> ElementType.UINT8;
            case UINT16 -> ElementType.UINT16;
            case UINT32 -> ElementType.UINT32;
            case UINT64 -> ElementType.UINT64;
            case BOOLEAN -> ElementType.BOOL;
            case BFLOAT16, COMPLEX64, STRING, UNKNOWN ->
                throw new InvalidInputException("Arrays of type " + type + " cannot be exchanged with DJL models.");
        };
    }
}
