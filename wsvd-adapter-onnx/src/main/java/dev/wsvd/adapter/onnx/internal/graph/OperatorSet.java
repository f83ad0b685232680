package dev.wsvd.adapter.onnx.internal.graph;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;

/** The version of ONNX's own operators that a model uses. */
public final class OperatorSet {
    private OperatorSet() {}

    /** The version the model imports, 1 if it imports none; the name of ONNX's own set may be left out. */
    public static long version(ModelProto model) {
        return model.getOpsetImportList().stream()
                .filter(o -> o.getDomain().isEmpty() || o.getDomain().equals("ai.onnx"))
                .mapToLong(OperatorSetIdProto::getVersion)
                .max()
                .orElse(1);
    }
}
