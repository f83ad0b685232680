package dev.wsvd.adapter.onnx.internal.graph;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.List;

/**
 * A stored tensor as a node sees it, after the {@code Identity}, {@code Transpose} and {@code Cast} nodes between them.
 *
 * @param holder the graph that stores it
 * @param tensor as stored
 * @param permutation dim i seen is dim permutation[i] stored
 * @param type element type seen
 * @param links what carries the value, from the node's operand to what stores it
 */
public record ConstantTensor(Scope holder, TensorProto tensor, List<Integer> permutation, int type, List<Link> links) {
    /** A name on the way, and where it is defined. */
    public record Link(String name, Scope.Definition definition) {}

    /** A stored tensor as a node that gives it. */
    public static NodeProto node(TensorProto tensor) {
        return NodeProto.newBuilder()
                .setOpType("Constant")
                .setName(tensor.getName())
                .addOutput(tensor.getName())
                .addAttribute(AttributeProto.newBuilder()
                        .setName("value")
                        .setType(AttributeProto.AttributeType.TENSOR)
                        .setT(tensor.toBuilder().clearName()))
                .build();
    }

    /** The dims seen. */
    public List<Long> dims() {
        return permutation.stream().map(i -> tensor.getDims(i)).toList();
    }
}
