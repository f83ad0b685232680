package dev.wsvd.adapter.onnx.internal.graph;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;

/** The version of ONNX's own operators that a model uses. */
public final class OperatorSet {
    private OperatorSet() {}

    /**
     * The version the model imports; the name of ONNX's own set may be left out. A model that imports others only uses the
     * newest that the engine knows, one that imports none is from the time when there was but the first.
     */
    public static long version(ModelProto model) {
        return model.getOpsetImportList().stream()
                .filter(o -> o.getDomain().isEmpty() || o.getDomain().equals("ai.onnx"))
                .mapToLong(OperatorSetIdProto::getVersion)
                .max()
                .orElse(model.getOpsetImportCount() == 0 ? 1 : Long.MAX_VALUE);
    }
}
