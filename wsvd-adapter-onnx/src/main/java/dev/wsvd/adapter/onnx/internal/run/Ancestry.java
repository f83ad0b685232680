package dev.wsvd.adapter.onnx.internal.run;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Leaves out of a graph what its outputs do not depend on. ONNX Runtime would compute it all the same. */
public final class Ancestry {
    private final Set<String> needed;

    private Ancestry(Set<String> needed) {
        this.needed = needed;
    }

    /** The graph with the nodes and stored tensors that its outputs need; its inputs all stay. */
    public static GraphProto of(GraphProto graph) {
        Ancestry ancestry = new Ancestry(
                graph.getOutputList().stream().map(ValueInfoProto::getName).collect(Collectors.toSet()));
        List<NodeProto> nodes = new ArrayList<>();
        // Nodes stand after those whose outputs they use.
        for (int i = graph.getNodeCount() - 1; i >= 0; i--) {
            NodeProto node = graph.getNode(i);
            if (node.getOutputList().stream().anyMatch(ancestry.needed::contains)) {
                nodes.add(node);
                ancestry.need(node);
            }
        }
        Collections.reverse(nodes);
        Set<String> inputs = graph.getInputList().stream()
                .map(ValueInfoProto::getName)
                .collect(Collectors.toCollection(HashSet::new));
        List<TensorProto> stored = graph.getInitializerList().stream()
                .filter(tensor -> ancestry.needed.contains(tensor.getName()) || inputs.contains(tensor.getName()))
                .toList();
        return graph.toBuilder()
                .clearNode()
                .addAllNode(nodes)
                .clearInitializer()
                .addAllInitializer(stored)
                .build();
    }

    /** What a node uses, itself or in the graphs that it holds. */
    private void need(NodeProto node) {
        node.getInputList().stream().filter(name -> !name.isEmpty()).forEach(needed::add);
        for (AttributeProto attribute : node.getAttributeList()) {
            List<GraphProto> bodies = new ArrayList<>(attribute.getGraphsList());
            if (attribute.hasG()) {
                bodies.add(attribute.getG());
            }
            for (GraphProto body : bodies) {
                body.getOutputList().forEach(output -> needed.add(output.getName()));
                body.getNodeList().forEach(this::need);
            }
        }
    }
}
