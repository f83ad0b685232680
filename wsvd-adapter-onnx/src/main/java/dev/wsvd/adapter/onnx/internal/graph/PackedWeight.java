package dev.wsvd.adapter.onnx.internal.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.domain.layer.WeightShape;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Weights of fewer than eight bits: those of {@code MatMulNBits}, and stored ones that {@code DequantizeLinear} reads. */
public final class PackedWeight {
    /** Where the operands of a {@code MatMulNBits} begin that are its weight, with scales and zero points, and where they end. */
    private static final int FIRST = 1;

    private static final int END = 4;

    private PackedWeight() {}

    /** Whether a node multiplies by one whose shape attributes tell. */
    static boolean isOf(NodeProto node) {
        return node.getOpType().equals("MatMulNBits");
    }

    /** The shape of such a node's. */
    static Optional<WeightShape> shape(NodeProto node) {
        long out = Attributes.integer(node, "N", 0);
        long in = Attributes.integer(node, "K", 0);
        boolean possible = out > 0 && in > 0 && out <= Integer.MAX_VALUE && in <= Integer.MAX_VALUE;
        return possible ? Optional.of(new WeightShape((int) out, (int) in, List.of())) : Optional.empty();
    }

    /** What a layer's weight takes, that of {@code MatMulNBits} with scales and zero points; empty if it is not one. */
    public static OptionalLong bytes(LayerNode layer) {
        if (isOf(layer.node())) {
            List<String> operands = layer.node().getInputList();
            return OptionalLong.of(operands.subList(FIRST, Math.min(END, operands.size())).stream()
                    .flatMap(operand -> new ConstantResolver().resolve(layer.scope(), operand).tensor().stream())
                    .mapToLong(stored -> bytes(stored.tensor()))
                    .sum());
        }
        return layer.quantized()
                .filter(tensor -> ElementTypes.bits(tensor.getDataType()) > 0)
                .filter(tensor -> ElementTypes.bits(tensor.getDataType()) < Byte.SIZE)
                .map(tensor -> OptionalLong.of(bytes(tensor)))
                .orElse(OptionalLong.empty());
    }

    private static long bytes(TensorProto tensor) {
        long bits = ElementTypes.bits(tensor.getDataType());
        long elements = tensor.getDimsList().stream().reduce(1L, (a, b) -> a * b);
        return (elements * bits + Byte.SIZE - 1) / Byte.SIZE;
    }
}
