package dev.wsvd.adapter.onnx.internal.rewrite;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.LayerForm;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;

/** The third operand of a convolution or {@code Gemm} as far as another one can take its place. */
final class Bias {
    private Bias() {}

    /** The bias's values, zeros where there is none; empty where it is not simply n stored float32 numbers. */
    static Optional<float[]> values(LayerNode layer, int n) {
        NodeProto node = layer.node();
        boolean plain = layer.form().isConv()
                || layer.form() == LayerForm.GEMM_RIGHT
                        && Attributes.real(node, "alpha", 1) == 1
                        && Attributes.real(node, "beta", 1) == 1;
        if (!plain || layer.constant().orElseThrow().type() != ElementTypes.FLOAT) {
            return Optional.empty();
        }
        if (name(layer).isEmpty()) {
            return Optional.of(new float[n]);
        }
        return stored(layer)
                .filter(t -> t.getDimsList().equals(List.of((long) n)))
                .map(Bias::floats);
    }

    /** Where the bias is stored, if {@link #values} reads it from there. */
    static Optional<Scope.Definition> definition(LayerNode layer, int n) {
        return name(layer).isEmpty() || values(layer, n).isEmpty()
                ? Optional.empty()
                : layer.scope().find(name(layer));
    }

    static String name(LayerNode layer) {
        return layer.node().getInputCount() > 2 ? layer.node().getInput(2) : "";
    }

    private static Optional<TensorProto> stored(LayerNode layer) {
        return layer.scope()
                .find(name(layer))
                .filter(Scope.Initializer.class::isInstance)
                .map(d -> ((Scope.Initializer) d).tensor())
                .filter(t -> t.getDataType() == ElementTypes.FLOAT && !ExternalData.isExternal(t));
    }

    private static float[] floats(TensorProto tensor) {
        FloatBuffer values = tensor.hasRawData()
                ? tensor.getRawData()
                        .asReadOnlyByteBuffer()
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .asFloatBuffer()
                : null;
        float[] out = new float[values == null ? tensor.getFloatDataCount() : values.remaining()];
        for (int i = 0; i < out.length; i++) {
            out[i] = values == null ? tensor.getFloatData(i) : values.get(i);
        }
        return out;
    }
}
