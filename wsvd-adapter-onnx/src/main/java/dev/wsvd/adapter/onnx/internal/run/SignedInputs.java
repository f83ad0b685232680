package dev.wsvd.adapter.onnx.internal.run;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.adapter.onnx.internal.engine.OrtTypes;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.domain.tensor.ElementType;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * ONNX Runtime's Java interface cannot make tensors of uint16, uint32 and uint64. Such inputs are taken as the signed type of
 * the same size, the same bits, and cast back by a node in front of the graph.
 *
 * @param model the model to run
 * @param fed by the input's name: the name to feed it under
 */
record SignedInputs(ModelProto model, Map<String, String> fed) {
    static SignedInputs of(ModelProto model) {
        GraphProto graph = model.getGraph();
        Set<String> stored =
                graph.getInitializerList().stream().map(TensorProto::getName).collect(Collectors.toSet());
        GraphProto.Builder out = graph.toBuilder().clearNode();
        Map<String, String> fed = new HashMap<>();
        for (int i = 0; i < graph.getInputCount(); i++) {
            ValueInfoProto input = graph.getInput(i);
            Optional<ElementType> type =
                    ElementTypes.of(input.getType().getTensorType().getElemType());
            if (type.isPresent() && OrtTypes.signed(type.get()) != type.get() && !stored.contains(input.getName())) {
                String name = input.getName() + " as " + OrtTypes.signed(type.get());
                fed.put(input.getName(), name);
                out.setInput(i, renamed(input, name, OrtTypes.signed(type.get())));
                out.addNode(NodeProto.newBuilder()
                        .setOpType("Cast")
                        .addInput(name)
                        .addOutput(input.getName())
                        .addAttribute(Attributes.integer("to", ElementTypes.number(type.get()))));
            }
        }
        if (fed.isEmpty()) {
            return new SignedInputs(model, fed);
        }
        out.addAllNode(graph.getNodeList());
        return new SignedInputs(model.toBuilder().setGraph(out).build(), fed);
    }

    private static ValueInfoProto renamed(ValueInfoProto input, String name, ElementType type) {
        ValueInfoProto.Builder out = input.toBuilder().setName(name);
        out.getTypeBuilder().getTensorTypeBuilder().setElemType(ElementTypes.number(type));
        return out.build();
    }
}
