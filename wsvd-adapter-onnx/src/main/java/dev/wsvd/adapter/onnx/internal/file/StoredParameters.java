package dev.wsvd.adapter.onnx.internal.file;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * How many parameters a model stores: the elements of its tensors that are floating-point or of at most eight bits. Wider integers
 * are sizes and indices. Scales and zero points of what is quantised are not counted.
 */
public final class StoredParameters {
    /** Operators, and from which operand on scales and zero points are. */
    private static final Map<String, Integer> STEPS =
            Map.of("QuantizeLinear", 1, "DequantizeLinear", 1, "MatMulInteger", 2);

    private StoredParameters() {}

    public static long count(ModelProto model) {
        Set<String> steps = new HashSet<>();
        for (NodeProto node : model.getGraph().getNodeList()) {
            int first = STEPS.getOrDefault(node.getOpType(), node.getInputCount());
            steps.addAll(node.getInputList().subList(Math.min(first, node.getInputCount()), node.getInputCount()));
        }
        long[] count = {0};
        ModelTensors.forEach(
                model,
                tensor -> count[0] += isParameter(tensor) && !steps.contains(tensor.getName()) ? elements(tensor) : 0);
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
