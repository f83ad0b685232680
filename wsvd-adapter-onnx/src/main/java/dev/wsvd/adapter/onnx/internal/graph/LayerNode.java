package dev.wsvd.adapter.onnx.internal.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.WeightShape;
import java.util.List;
import java.util.Optional;

/**
 * A node that is a layer.
 *
 * @param scope the graph it stands in
 * @param index its place among that graph's nodes
 * @param input name of the operand that is not the weight
 * @param weight name of the operand that is
 * @param constant the stored weight, if it is stored
 * @param obstacle why it cannot be split, as far as the graph alone tells
 */
public record LayerNode(
        LayerId id,
        LayerForm form,
        Scope scope,
        int index,
        NodeProto node,
        String input,
        String weight,
        Optional<ConstantTensor> constant,
        Optional<String> obstacle) {

    public String output() {
        return node.getOutput(0);
    }

    /** g; 1 for products. */
    public int groups() {
        long group = form.isConv() ? Attributes.integer(node, "group", 1) : 1;
        return group < 1 || group > Integer.MAX_VALUE ? 1 : (int) group;
    }

    /** Whether the operand is W[m][n] (for products). */
    public boolean weightTransposed() {
        return switch (form) {
            case GEMM_RIGHT -> Attributes.integer(node, "transB", 0) == 0;
            case GEMM_LEFT -> Attributes.integer(node, "transA", 0) != 0;
            case MATMUL_RIGHT -> true;
            case MATMUL_LEFT, CONV, CONV_TRANSPOSE -> false;
        };
    }

    /**
     * The weight's shape, given the operand's dims; empty if they cannot be a weight's. A product with a vector is one with a
     * single output; one with a stack of matrices counts all their outputs. The weight of a transposed convolution is taken as
     * that of the convolution it transposes.
     */
    public Optional<WeightShape> weightShape(List<Long> dims) {
        if (dims.isEmpty() || dims.stream().anyMatch(d -> d < 1 || d > Integer.MAX_VALUE)) {
            return Optional.empty();
        }
        try {
            WeightShape shape = form.isConv() ? convShape(dims) : linearShape(dims);
            return shape == null || shape.elements() < 1 ? Optional.empty() : Optional.of(shape);
        } catch (ArithmeticException e) {
            return Optional.empty();
        }
    }

    private WeightShape convShape(List<Long> dims) {
        if (dims.size() < 3) {
            return null;
        }
        List<Integer> kernel =
                dims.subList(2, dims.size()).stream().map(Long::intValue).toList();
        return new WeightShape(dims.get(0).intValue(), dims.get(1).intValue(), kernel);
    }

    private WeightShape linearShape(List<Long> dims) {
        int rank = dims.size();
        if (rank == 1) {
            return WeightShape.linear(1, dims.get(0).intValue());
        }
        int rows = dims.get(rank - 2).intValue();
        int cols = dims.get(rank - 1).intValue();
        long stack = dims.subList(0, rank - 2).stream().reduce(1L, Math::multiplyExact);
        int out = Math.toIntExact(Math.multiplyExact(stack, weightTransposed() ? cols : rows));
        return WeightShape.linear(out, weightTransposed() ? rows : cols);
    }
}
