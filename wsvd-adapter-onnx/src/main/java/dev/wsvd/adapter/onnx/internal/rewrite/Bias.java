package dev.wsvd.adapter.onnx.internal.rewrite;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.LayerForm;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.graph.RecurrentNode;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;

/** The bias that is an operand of a convolution, {@code Gemm} or recurrent node, as far as another one can take its place. */
final class Bias {
    private Bias() {}

    /** Which operand it is. */
    static int operand(LayerNode layer) {
        return layer.form() == LayerForm.RECURRENT_INPUT ? RecurrentNode.B : 2;
    }

    /** Its dims for n output channels: those of a recurrent node are followed, in each direction, by as many for its state. */
    static List<Long> dims(LayerNode layer, int n) {
        if (layer.form() != LayerForm.RECURRENT_INPUT) {
            return List.of((long) n);
        }
        long directions = layer.constant().orElseThrow().dims().get(0);
        return List.of(directions, 2 * n / directions);
    }

    /** What is added by output channel as what is added to the bias. */
    static float[] added(LayerNode layer, float[] correction) {
        if (layer.form() != LayerForm.RECURRENT_INPUT) {
            return correction;
        }
        int directions = dims(layer, correction.length).get(0).intValue();
        int perDirection = correction.length / directions;
        float[] added = new float[2 * correction.length];
        for (int direction = 0; direction < directions; direction++) {
            System.arraycopy(correction, direction * perDirection, added, 2 * direction * perDirection, perDirection);
        }
        return added;
    }

    /**
     * The bias's values, zeros where there is none, for n output channels; empty where it is not simply so many stored float32 numbers
     * and there is another way to add to it.
     */
    static Optional<float[]> values(LayerNode layer, int n) {
        NodeProto node = layer.node();
        List<Long> dims = dims(layer, n);
        int elements = Math.toIntExact(dims.stream().reduce(1L, Math::multiplyExact));
        if (layer.form() == LayerForm.RECURRENT_INPUT && name(layer).isEmpty()) {
            return Optional.of(new float[elements]);
        }
        boolean plain = layer.form().isConv()
                || layer.form() == LayerForm.RECURRENT_INPUT
                || layer.form() == LayerForm.GEMM_RIGHT
                        && Attributes.real(node, "alpha", 1) == 1
                        && Attributes.real(node, "beta", 1) == 1;
        if (!plain || layer.constant().orElseThrow().type() != ElementTypes.FLOAT) {
            return Optional.empty();
        }
        if (name(layer).isEmpty()) {
            return Optional.of(new float[elements]);
        }
        return stored(layer).filter(t -> t.getDimsList().equals(dims)).map(Bias::floats);
    }

    /** Where the bias is stored, if {@link #values} reads it from there. */
    static Optional<Scope.Definition> definition(LayerNode layer, int n) {
        return name(layer).isEmpty() || values(layer, n).isEmpty()
                ? Optional.empty()
                : layer.scope().find(name(layer));
    }

    static String name(LayerNode layer) {
        int operand = operand(layer);
        return layer.node().getInputCount() > operand ? layer.node().getInput(operand) : "";
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
