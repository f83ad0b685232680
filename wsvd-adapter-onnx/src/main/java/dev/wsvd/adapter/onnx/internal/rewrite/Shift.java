package dev.wsvd.adapter.onnx.internal.rewrite;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** An {@code Add} node of its own that gives a layer what its bias cannot take. */
final class Shift {
    /** From this operator set on, operands are broadcast without being told. */
    private static final long BROADCASTS = 7;

    private final LayerNode layer;
    private final long opset;

    Shift(LayerNode layer, long opset) {
        this.layer = layer;
        this.opset = opset;
    }

    /** What is added for a bias correction: a Gemm multiplies what its weight gives. */
    float[] values(float[] correction) {
        float alpha = Attributes.real(layer.node(), "alpha", 1);
        float[] scaled = correction.clone();
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] *= alpha;
        }
        return scaled;
    }

    /** Channels first in convolutions and where positions are columns, else last; old additions say the axis instead. */
    List<Long> dims(int n) {
        List<Long> dims = new ArrayList<>(List.of((long) n));
        if (opset >= BROADCASTS) {
            int after =
                    switch (layer.form()) {
                        case CONV, CONV_TRANSPOSE ->
                            layer.constant().orElseThrow().dims().size() - 2;
                        case GEMM_LEFT, MATMUL_LEFT -> 1;
                        default -> 0;
                    };
            dims.addAll(Collections.nCopies(after, 1L));
        }
        return dims;
    }

    NodeProto node(String name, String before, String added, String output) {
        NodeProto.Builder add = NodeProto.newBuilder()
                .setOpType("Add")
                .setName(name)
                .addInput(before)
                .addInput(added)
                .addOutput(output);
        if (opset < BROADCASTS) {
            add.addAttribute(Attributes.integer("broadcast", 1));
            if (!layer.form().hasFeaturesLast()) {
                add.addAttribute(Attributes.integer("axis", layer.form().isConv() ? 1 : 0));
            }
        }
        return add.build();
    }
}
