package dev.wsvd.adapter.onnx.internal.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;

/**
 * A node between a recurrent node's sequence and a product of it. ONNX Runtime crashes where it fuses a float16 product with a {@code
 * Transpose} that turns samples and steps, which it does not where a node stands between.
 */
public final class SequenceBarrier {
    private SequenceBarrier() {}

    /**
     * Whether a product needs one.
     *
     * @param layer whose sequence it multiplies
     * @param turned whether the sequence is turned ahead of the product, other than by the model itself
     */
    public static boolean isNeeded(LayerNode layer, boolean turned) {
        return layer.form().isRecurrent()
                && layer.constant().orElseThrow().type() == ElementTypes.FLOAT16
                && (turned || isTurned(layer));
    }

    private static boolean isTurned(LayerNode layer) {
        return layer.scope().find(layer.input()).orElse(null) instanceof Scope.Produced made
                && made.node().getOpType().equals("Transpose");
    }

    /** Gives what it reads. */
    public static NodeProto node(String sequence, String output) {
        return NodeProto.newBuilder()
                .setOpType("Sum")
                .setName(output)
                .addInput(sequence)
                .addOutput(output)
                .build();
    }
}
