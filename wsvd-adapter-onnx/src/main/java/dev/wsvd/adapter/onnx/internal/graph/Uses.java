package dev.wsvd.adapter.onnx.internal.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.IdentityHashMap;
import java.util.Map;

/** How often what a graph defines is used, in the graph, as its output, and in bodies. */
public final class Uses {
    private final Map<Scope.Definition, Integer> counts = new IdentityHashMap<>();

    private Uses() {}

    /** Of everything defined in a main graph and the bodies in it. */
    public static Uses of(Scope root) {
        Uses uses = new Uses();
        uses.count(root);
        return uses;
    }

    private void count(Scope scope) {
        for (NodeProto node : scope.graph().getNodeList()) {
            node.getInputList().forEach(name -> use(scope, name));
        }
        scope.graph().getOutputList().forEach(output -> use(scope, output.getName()));
        scope.bodies().forEach(body -> count(body.scope()));
    }

    private void use(Scope scope, String name) {
        scope.find(name).ifPresent(definition -> counts.merge(definition, 1, Integer::sum));
    }

    /** How often. */
    public int count(Scope.Definition definition) {
        return counts.getOrDefault(definition, 0);
    }

    /** Whether one operand alone sees a stored tensor. */
    public boolean isExclusive(ConstantTensor tensor) {
        return tensor.links().stream().allMatch(link -> count(link.definition()) == 1);
    }
}
