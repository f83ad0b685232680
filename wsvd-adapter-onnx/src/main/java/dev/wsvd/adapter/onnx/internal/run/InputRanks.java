package dev.wsvd.adapter.onnx.internal.run;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.domain.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;

/**
 * States how many dims inputs have that are declared without a shape. ONNX Runtime then checks, when it loads the model, what its
 * operators take for granted when they run: a convolution ends the process where its input has but one dim.
 */
final class InputRanks {
    private InputRanks() {}

    /** By input that is declared without a shape: how many dims it is given. */
    static Map<String, Integer> of(ModelProto model, Map<String, Tensor> feed) {
        Map<String, Integer> ranks = new HashMap<>();
        for (ValueInfoProto input : model.getGraph().getInputList()) {
            if (isOpen(input) && feed.containsKey(input.getName())) {
                ranks.put(input.getName(), feed.get(input.getName()).shape().size());
            }
        }
        return ranks;
    }

    /** The model with those inputs declared with that many dims of any size. */
    static ModelProto stated(ModelProto model, Map<String, Integer> ranks) {
        ModelProto.Builder out = model.toBuilder();
        for (ValueInfoProto.Builder input : out.getGraphBuilder().getInputBuilderList()) {
            Integer rank = ranks.get(input.getName());
            if (rank != null) {
                TensorShapeProto.Builder shape =
                        input.getTypeBuilder().getTensorTypeBuilder().getShapeBuilder();
                for (int i = 0; i < rank; i++) {
                    shape.addDim(Dimension.getDefaultInstance());
                }
            }
        }
        return out.build();
    }

    static boolean isOpen(ValueInfoProto input) {
        return !input.getType().getTensorType().hasShape();
    }
}
