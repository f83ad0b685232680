package dev.wsvd.adapter.onnx.internal.rewrite;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import dev.wsvd.adapter.onnx.internal.graph.Uses;
import java.util.HashSet;
import java.util.Set;

/** Stored tensors, and nodes that hand them on, which nothing uses any more. */
public final class Leftovers {
    private final Set<String> candidates;
    private final Uses uses;

    private Leftovers(Set<String> candidates, Uses uses) {
        this.candidates = candidates;
        this.uses = uses;
    }

    /**
     * The graph and its bodies without those that nothing uses.
     *
     * @param candidates names of which some may not be used
     */
    public static GraphProto removed(GraphProto graph, Set<String> candidates) {
        GraphProto now = graph;
        while (true) {
            Scope root = Scope.root(now);
            Leftovers leftovers = new Leftovers(candidates, Uses.of(root));
            if (!leftovers.isIn(root)) {
                return now;
            }
            now = leftovers.removed(root);
        }
    }

    private boolean isIn(Scope scope) {
        return !unused(scope).isEmpty() || scope.bodies().stream().anyMatch(body -> isIn(body.scope()));
    }

    /** Of those that a graph itself defines. */
    private Set<String> unused(Scope scope) {
        Set<String> unused = new HashSet<>();
        for (String name : candidates) {
            scope.find(name)
                    .filter(definition -> definition.scope() == scope)
                    .filter(definition -> !(definition instanceof Scope.Formal) && uses.count(definition) == 0)
                    .ifPresent(definition -> unused.add(name));
        }
        return unused;
    }

    private GraphProto removed(Scope scope) {
        Set<String> gone = unused(scope);
        GraphProto graph = scope.graph();
        GraphProto.Builder out = graph.toBuilder().clearNode();
        for (int index = 0; index < graph.getNodeCount(); index++) {
            NodeProto node = graph.getNode(index);
            if (node.getOutputCount() != 1 || !gone.contains(node.getOutput(0))) {
                out.addNode(scope.withBodies(index, this::removed));
            }
        }
        out.clearInitializer();
        graph.getInitializerList().stream()
                .filter(tensor -> !gone.contains(tensor.getName()))
                .forEach(out::addInitializer);
        GraphRewriter.forget(out, gone);
        return out.build();
    }
}
