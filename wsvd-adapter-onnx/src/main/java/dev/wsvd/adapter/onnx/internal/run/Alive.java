package dev.wsvd.adapter.onnx.internal.run;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;

/** What a graph has to remember at some point of its run. */
final class Alive {
    private Alive() {}

    /** The tensors, besides the graph's inputs and what follows from stored ones alone, that nodes from an index on or the outputs need. */
    static Set<String> before(GraphProto graph, int index) {
        Set<String> varying = new HashSet<>();
        graph.getInputList().stream().map(ValueInfoProto::getName).forEach(varying::add);
        graph.getInitializerList().stream().map(TensorProto::getName).forEach(varying::remove);
        Set<String> made = new LinkedHashSet<>();
        for (NodeProto node : graph.getNodeList().subList(0, index)) {
            Set<String> uses = new HashSet<>();
            Ancestry.uses(node, uses::add);
            if (uses.stream().anyMatch(varying::contains)) {
                varying.addAll(node.getOutputList());
                made.addAll(node.getOutputList());
            }
        }
        Set<String> used = new HashSet<>();
        graph.getOutputList().forEach(output -> used.add(output.getName()));
        graph.getNodeList().subList(index, graph.getNodeCount()).forEach(node -> Ancestry.uses(node, used::add));
        made.retainAll(used);
        made.remove("");
        return made;
    }
}
