package dev.wsvd.adapter.onnx.internal.file;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.Optional;
import java.util.Set;

/** What the engine takes for granted in a node, and ends the process where it is not so. */
final class NodeCheck {
    /** It divides by these. */
    private static final Set<String> EACH_POSITIVE = Set.of("strides", "dilations", "kernel_shape");

    private static final Set<String> ONE_POSITIVE = Set.of("group", "blocksize");

    /** Operators of any number of inputs, which it all reads; elsewhere it looks whether an input is there. */
    private static final Set<String> VARIADIC = Set.of("Max", "Mean", "Min", "Sum", "QLinearConcat");

    /** Operators of any number of outputs, which it all writes. */
    private static final String SPLIT = "Split";

    /** Of the standard, and of the engine's own operators. */
    private static final Set<String> DOMAINS = Set.of("", "ai.onnx", "com.microsoft", "com.microsoft.nchwc");

    private NodeCheck() {}

    /** What is wrong with a node itself, not with what it holds. Nothing is known of operators that are not the engine's. */
    static Optional<String> findFault(NodeProto node) {
        if (!DOMAINS.contains(node.getDomain())) {
            return Optional.empty();
        }
        if (isVariadic(node) && node.getInputList().contains("")) {
            return Optional.of("an input without a name");
        }
        if (node.getOpType().equals(SPLIT) && node.getOutputList().contains("")) {
            return Optional.of("an output without a name");
        }
        return node.getAttributeList().stream()
                .filter(NodeCheck::isDivisorBelowOne)
                .findFirst()
                .map(a -> a.getName() + " " + (EACH_POSITIVE.contains(a.getName()) ? a.getIntsList() : a.getI())
                        + ", which must be at least 1");
    }

    /** Whether none of a node's inputs may be left out. */
    static boolean isVariadic(NodeProto node) {
        return DOMAINS.contains(node.getDomain()) && VARIADIC.contains(node.getOpType());
    }

    private static boolean isDivisorBelowOne(AttributeProto attribute) {
        boolean each = EACH_POSITIVE.contains(attribute.getName())
                && attribute.getIntsList().stream().anyMatch(i -> i < 1);
        boolean one = ONE_POSITIVE.contains(attribute.getName()) && attribute.getI() < 1;
        boolean stated = attribute.getRefAttrName().isEmpty();
        return stated && (each || one);
    }
}
