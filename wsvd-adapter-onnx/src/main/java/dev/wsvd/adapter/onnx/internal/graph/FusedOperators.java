package dev.wsvd.adapter.onnx.internal.graph;

import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.Set;

/** ONNX Runtime's own operators: {@code com.microsoft}, and {@code com.microsoft.nchwc} of channels in blocks. */
public final class FusedOperators {
    private static final String DOMAIN = "com.microsoft";

    /** Of operators on channels in blocks. */
    private static final String BLOCKS = DOMAIN + ".nchwc";

    private FusedOperators() {}

    /** Whether a node is one of them, in a model where they {@linkplain #areKnown are known}. */
    public static boolean isOne(NodeProto node) {
        return node.getDomain().equals(DOMAIN);
    }

    /** Whether a node is one of those on channels in blocks, which it writes into models that it optimises for one processor. */
    public static boolean isInBlocks(NodeProto node) {
        return node.getDomain().equals(BLOCKS);
    }

    /** Whether they compute what ONNX Runtime's do: a model may say itself what operators compute. */
    public static boolean areKnown(ModelProto model) {
        return model.getFunctionsList().stream()
                .map(FunctionProto::getDomain)
                .noneMatch(Set.of(DOMAIN, BLOCKS)::contains);
    }
}
