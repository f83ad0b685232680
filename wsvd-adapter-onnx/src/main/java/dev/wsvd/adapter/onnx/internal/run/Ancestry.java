package dev.wsvd.adapter.onnx.internal.run;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.domain.tensor.TensorInfo;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Leaves out of a graph what its outputs do not depend on. ONNX Runtime would compute it all the same. */
public final class Ancestry {
    private final Set<String> known;
    private final Set<String> needed = new HashSet<>();
    private final Set<String> made = new HashSet<>();

    private Ancestry(Set<String> known) {
        this.known = known;
    }

    /** The graph with the nodes and stored tensors that its outputs need; its inputs all stay, but for stored tensors that are not needed. */
    public static GraphProto of(GraphProto graph) {
        return of(graph, Map.of());
    }

    /**
     * The same, with nothing before tensors that are known, none of which is an output.
     *
     * @param known by name; what is needed of them are inputs of the result
     */
    static GraphProto of(GraphProto graph, Map<String, TensorInfo> known) {
        Ancestry ancestry = new Ancestry(known.keySet());
        graph.getOutputList().forEach(output -> ancestry.needed.add(output.getName()));
        List<NodeProto> nodes = new ArrayList<>();
        // Nodes stand after those whose outputs they use.
        for (int i = graph.getNodeCount() - 1; i >= 0; i--) {
            NodeProto node = graph.getNode(i);
            if (node.getOutputList().stream().anyMatch(ancestry::mustBeMade)) {
                nodes.add(node);
                ancestry.made.addAll(node.getOutputList());
                uses(node, ancestry.needed::add);
            }
        }
        Collections.reverse(nodes);
        Set<String> left = new HashSet<>();
        List<TensorProto> stored = new ArrayList<>();
        for (TensorProto tensor : graph.getInitializerList()) {
            if (ancestry.needed.contains(tensor.getName())) {
                stored.add(tensor);
            } else {
                left.add(tensor.getName());
            }
        }
        List<ValueInfoProto> inputs = graph.getInputList().stream()
                .filter(input -> !left.contains(input.getName()))
                .toList();
        GraphProto.Builder out = graph.toBuilder()
                .clearNode()
                .addAllNode(nodes)
                .clearInitializer()
                .addAllInitializer(stored)
                .clearInput()
                .addAllInput(inputs);
        known.values().stream()
                .filter(tensor -> ancestry.needed.contains(tensor.name()) && !ancestry.made.contains(tensor.name()))
                .forEach(tensor -> out.addInput(declared(tensor)));
        return out.build();
    }

    private boolean mustBeMade(String name) {
        return needed.contains(name) && !known.contains(name);
    }

    private static ValueInfoProto declared(TensorInfo tensor) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        tensor.shape().forEach(dim -> shape.addDim(Dimension.getDefaultInstance()));
        return ValueInfoProto.newBuilder()
                .setName(tensor.name())
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(ElementTypes.number(tensor.type()))
                                .setShape(shape)))
                .build();
    }

    /** What a node uses, itself or in the graphs that it holds. */
    static void uses(NodeProto node, Consumer<String> used) {
        node.getInputList().stream().filter(name -> !name.isEmpty()).forEach(used);
        for (AttributeProto attribute : node.getAttributeList()) {
            List<GraphProto> bodies = new ArrayList<>(attribute.getGraphsList());
            if (attribute.hasG()) {
                bodies.add(attribute.getG());
            }
            for (GraphProto body : bodies) {
                body.getOutputList().forEach(output -> used.accept(output.getName()));
                body.getNodeList().forEach(inner -> uses(inner, used));
            }
        }
    }
}
