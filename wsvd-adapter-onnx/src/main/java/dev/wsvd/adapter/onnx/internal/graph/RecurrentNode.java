package dev.wsvd.adapter.onnx.internal.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.List;
import java.util.Optional;

/** An {@code LSTM}, {@code GRU} or {@code RNN}: for each step and direction gates·H numbers W x + R h + b go into its cell. */
public record RecurrentNode(NodeProto node) {
    /** Which operand is the sequence, [steps][samples][m] or, with layout 1, [samples][steps][m]. */
    public static final int X = 0;

    /** Which operand is the input weight, [directions][gates·H][m]. */
    public static final int W = 1;

    /** Which operand is the recurrent weight, [directions][gates·H][H]. */
    public static final int R = 2;

    /** Which operand is the bias, [directions][2·gates·H]: what is added to W x, then what is added to R h. */
    public static final int B = 3;

    /** If a node is one that has its three operands and gives something. */
    static Optional<RecurrentNode> of(NodeProto node) {
        boolean complete = node.getInputCount() > R
                && node.getInputList().subList(0, B).stream().noneMatch(String::isEmpty)
                && node.getOutputList().stream().anyMatch(name -> !name.isEmpty());
        return complete && gates(node) > 0 ? Optional.of(new RecurrentNode(node)) : Optional.empty();
    }

    /** Its bias; empty if it has none. */
    public static String bias(NodeProto node) {
        return node.getInputCount() > B ? node.getInput(B) : "";
    }

    /** Whether the first dim of its sequence counts the steps. */
    boolean isTimeFirst() {
        return Attributes.integer(node, "layout", 0) == 0;
    }

    private static int gates(NodeProto node) {
        return switch (node.getOpType()) {
            case "LSTM" -> 4;
            case "GRU" -> 3;
            case "RNN" -> 1;
            default -> 0;
        };
    }

    /** Why these are not the dims of its input weight, if so. */
    Optional<String> problem(List<Long> dims) {
        int gates = gates(node);
        int directions = Attributes.text(node, "direction", "forward").equals("bidirectional") ? 2 : 1;
        boolean fits = dims.size() == 3
                && dims.get(0) == directions
                && dims.get(1) % gates == 0
                && dims.get(1) / gates == Attributes.integer(node, "hidden_size", dims.get(1) / gates);
        return fits
                ? Optional.empty()
                : Optional.of("its weight " + dims + " is not that of " + gates + " gates in " + directions
                        + (directions == 1 ? " direction" : " directions"));
    }
}
