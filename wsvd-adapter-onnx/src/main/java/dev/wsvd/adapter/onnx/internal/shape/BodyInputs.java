package dev.wsvd.adapter.onnx.internal.shape;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Sizes of what a {@code Loop} or {@code Scan} node hands to its body. */
final class BodyInputs {
    /** Loop: trip count and condition, then the carried values. */
    private static final int LOOP_FIRST_CARRIED = 2;

    private BodyInputs() {}

    /**
     * The size of a body's input; that of a carried value is taken to stay what it is at the start.
     *
     * @param outer sizes of the node's operands
     */
    static Optional<TensorShape> shape(NodeProto owner, int index, Function<String, Optional<TensorShape>> outer) {
        return switch (owner.getOpType()) {
            case "Loop" -> loop(owner, index, outer);
            case "Scan" -> scan(owner, index, outer);
            default -> Optional.empty();
        };
    }

    private static Optional<TensorShape> loop(
            NodeProto owner, int index, Function<String, Optional<TensorShape>> outer) {
        if (index < LOOP_FIRST_CARRIED) {
            return Optional.of(new TensorShape(index == 0 ? DataType.INT64_VALUE : DataType.BOOL_VALUE, List.of()));
        }
        return operand(owner, index, outer);
    }

    private static Optional<TensorShape> scan(
            NodeProto owner, int index, Function<String, Optional<TensorShape>> outer) {
        int states = owner.getInputCount() - (int) Attributes.integer(owner, "num_scan_inputs", 0);
        if (index < states) {
            return operand(owner, index, outer);
        }
        List<Long> axes = Attributes.integers(owner, "scan_input_axes");
        int scanned = index - states;
        long axis = scanned < axes.size() ? axes.get(scanned) : 0;
        return operand(owner, index, outer).flatMap(s -> without(s, axis));
    }

    private static Optional<TensorShape> operand(
            NodeProto owner, int index, Function<String, Optional<TensorShape>> outer) {
        return index < owner.getInputCount() ? outer.apply(owner.getInput(index)) : Optional.empty();
    }

    private static Optional<TensorShape> without(TensorShape shape, long axis) {
        int rank = shape.dims().size();
        long at = axis < 0 ? axis + rank : axis;
        if (at < 0 || at >= rank) {
            return Optional.empty();
        }
        List<Long> dims = new ArrayList<>(shape.dims());
        dims.remove((int) at);
        return Optional.of(new TensorShape(shape.type(), dims));
    }
}
