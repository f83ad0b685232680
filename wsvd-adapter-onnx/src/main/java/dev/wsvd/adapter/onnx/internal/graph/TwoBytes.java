package dev.wsvd.adapter.onnx.internal.graph;

import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.domain.tensor.Bfloat16;
import dev.wsvd.domain.tensor.Float16;

/** Numbers that are stored in two bytes: float16 and bfloat16. */
public final class TwoBytes {
    private TwoBytes() {}

    /** Whether numbers of a type are. */
    public static boolean hold(int type) {
        return type == ElementTypes.FLOAT16 || type == ElementTypes.BFLOAT16;
    }

    /** A number's value, exactly. */
    public static float toFloat(int type, short stored) {
        return type == ElementTypes.BFLOAT16 ? Bfloat16.toFloat(stored) : Float16.toFloat(stored);
    }

    /** The nearest number of that type, ties to even; infinite above the largest. */
    public static short fromFloat(int type, float value) {
        return type == ElementTypes.BFLOAT16 ? Bfloat16.fromFloat(value) : Float16.fromFloat(value);
    }
}
