package dev.wsvd.adapter.onnx.internal.rewrite;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.graph.ConstantResolver;
import dev.wsvd.adapter.onnx.internal.graph.ConstantTensor;
import dev.wsvd.adapter.onnx.internal.graph.LayerForm;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.graph.RecurrentNode;
import dev.wsvd.adapter.onnx.internal.graph.StoredArray;
import java.util.List;
import java.util.Optional;

/**
 * The bias of a recurrent node as far as something is added to it: for each direction what goes to its input weight, then as many
 * numbers for its state.
 */
final class RecurrentBias {
    private final LayerNode layer;

    /** @param layer a recurrent node by its input weight */
    RecurrentBias(LayerNode layer) {
        this.layer = layer;
    }

    /** Of a layer; empty if it is another one. */
    static Optional<RecurrentBias> of(LayerNode layer) {
        return layer.form() == LayerForm.RECURRENT_INPUT ? Optional.of(new RecurrentBias(layer)) : Optional.empty();
    }

    /** Its name; empty if there is none. */
    String name() {
        return RecurrentNode.bias(layer.node());
    }

    /** Where it is stored as float32, float16 or bfloat16; empty if there is none or it is computed. */
    Optional<ConstantTensor> stored() {
        return name().isEmpty()
                ? Optional.empty()
                : new ConstantResolver()
                        .resolve(layer.scope(), name())
                        .tensor()
                        .filter(tensor -> tensor.dims().equals(dims()))
                        .filter(tensor -> ElementTypes.isWeight(tensor.type())
                                && ElementTypes.isWeight(tensor.tensor().getDataType()));
    }

    /** Its dims. */
    List<Long> dims() {
        List<Long> weight = layer.constant().orElseThrow().dims();
        return List.of(weight.get(0), 2 * weight.get(1));
    }

    /** What is stored, if anything is, and what is added by output channel of the input weight. */
    float[] plus(float[] correction, ExternalData external) {
        float[] sum = stored().map(tensor -> StoredArray.of(tensor, external).floats())
                .orElseGet(() -> new float[2 * correction.length]);
        int perDirection = layer.constant().orElseThrow().dims().get(1).intValue();
        for (int i = 0; i < correction.length; i++) {
            sum[i + i / perDirection * perDirection] += correction[i];
        }
        return sum;
    }

    /** A node with another bias. */
    static NodeProto replaced(NodeProto node, String bias) {
        return node.getInputCount() > RecurrentNode.B
                ? node.toBuilder().setInput(RecurrentNode.B, bias).build()
                : node.toBuilder().addInput(bias).build();
    }
}
