package dev.wsvd.adapter.onnx.internal.rewrite;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.adapter.onnx.internal.graph.ConstantTensor;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which stored weights, and nodes between them and their layers, nothing uses any more once some layers are replaced. */
final class Unused {
    private final Map<Scope.Definition, Integer> uses = new IdentityHashMap<>();
    private final Map<NodeProto, Set<Integer>> replacedOperands = new IdentityHashMap<>();
    private final Set<Scope.Definition> dropped = Collections.newSetFromMap(new IdentityHashMap<>());

    Unused(Scope root, Collection<ReplacedNode> replacements) {
        for (ReplacedNode replaced : replacements) {
            LayerNode layer = replaced.node();
            Set<Integer> operands = new HashSet<>();
            operands.add(layer.node().getInputList().indexOf(layer.weight()));
            if (!replaced.replacedBias().isEmpty()) {
                operands.add(replaced.bias());
            }
            replacedOperands.put(layer.node(), operands);
        }
        count(root);
        for (ReplacedNode replaced : replacements) {
            drop(replaced.node().constant().orElseThrow().links());
            drop(replaced.replacedBias());
        }
    }

    /** Whether nothing uses what is defined there. */
    boolean contains(Scope.Definition definition) {
        return dropped.contains(definition);
    }

    private void count(Scope scope) {
        for (NodeProto node : scope.graph().getNodeList()) {
            Set<Integer> replaced = replacedOperands.getOrDefault(node, Set.of());
            for (int i = 0; i < node.getInputCount(); i++) {
                if (!replaced.contains(i)) {
                    use(scope, node.getInput(i));
                }
            }
        }
        scope.graph().getOutputList().forEach(o -> use(scope, o.getName()));
        scope.bodies().forEach(b -> count(b.scope()));
    }

    private void use(Scope scope, String name) {
        scope.find(name).ifPresent(d -> uses.merge(d, 1, Integer::sum));
    }

    private void drop(List<ConstantTensor.Link> links) {
        for (int i = 0; i < links.size(); i++) {
            Scope.Definition definition = links.get(i).definition();
            if (dropped.contains(definition)) {
                continue;
            }
            if (uses.getOrDefault(definition, 0) > 0) {
                return;
            }
            dropped.add(definition);
            if (i + 1 < links.size()) {
                uses.merge(links.get(i + 1).definition(), -1, Integer::sum);
            }
        }
    }
}
