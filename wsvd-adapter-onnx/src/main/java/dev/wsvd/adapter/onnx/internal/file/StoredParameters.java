package dev.wsvd.adapter.onnx.internal.file;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;

/**
 * How many parameters a model stores: the elements of its tensors that are floating-point or of at most eight bits. Wider integers
 * are sizes and indices.
 */
public final class StoredParameters {
    private StoredParameters() {}

    public static long count(ModelProto model) {
        long[] count = {0};
        ModelTensors.forEach(model, tensor -> count[0] += isParameter(tensor) ? elements(tensor) : 0);
        return count[0];
    }

    private static boolean isParameter(TensorProto tensor) {
        int bits = ElementTypes.bits(tensor.getDataType());
        boolean quantised = bits > 0 && bits <= 8 && tensor.getDataType() != DataType.BOOL_VALUE;
        return quantised || ElementTypes.isFloating(tensor);
    }

    private static long elements(TensorProto tensor) {
        return tensor.getDimsList().stream().reduce(1L, (a, b) -> a * b);
    }
}
