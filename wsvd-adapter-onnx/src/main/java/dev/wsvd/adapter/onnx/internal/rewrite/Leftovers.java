package dev.wsvd.adapter.onnx.internal.rewrite;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import dev.wsvd.adapter.onnx.internal.graph.Uses;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Stored tensors, and nodes that hand them on, which nothing uses any more. */
public final class Leftovers {
    private Leftovers() {}

    /**
     * The graph without those that it does not use.
     *
     * @param candidates names of which some may not be used
     */
    public static GraphProto removed(GraphProto graph, Set<String> candidates) {
        GraphProto now = graph;
        Set<String> gone = unused(now, candidates);
        while (!gone.isEmpty()) {
            now = without(now, gone);
            gone = unused(now, candidates);
        }
        return now;
    }

    private static Set<String> unused(GraphProto graph, Set<String> candidates) {
        Scope root = Scope.root(graph);
        Uses uses = Uses.of(root);
        Set<String> unused = new HashSet<>();
        for (String name : candidates) {
            root.find(name)
                    .filter(definition -> !(definition instanceof Scope.Formal) && uses.count(definition) == 0)
                    .ifPresent(definition -> unused.add(name));
        }
        return unused;
    }

    private static GraphProto without(GraphProto graph, Set<String> gone) {
        GraphProto.Builder out = graph.toBuilder();
        List<NodeProto> nodes = graph.getNodeList().stream()
                .filter(node -> node.getOutputCount() != 1 || !gone.contains(node.getOutput(0)))
                .toList();
        out.clearNode().addAllNode(nodes);
        out.clearInitializer();
        graph.getInitializerList().stream()
                .filter(tensor -> !gone.contains(tensor.getName()))
                .forEach(out::addInitializer);
        GraphRewriter.forget(out, gone);
        return out.build();
    }
}
