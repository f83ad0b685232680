package dev.wsvd.adapter.onnx.internal.rewrite;

import dev.wsvd.adapter.onnx.internal.graph.Scope;
import java.util.HashSet;
import java.util.Set;

/** The names a model uses for tensors and nodes, in every graph; new ones differ from all of them. */
final class Names {
    private final Set<String> taken = new HashSet<>();

    Names(Scope root) {
        collect(root);
    }

    private void collect(Scope scope) {
        scope.graph().getInputList().forEach(i -> taken.add(i.getName()));
        scope.graph().getOutputList().forEach(o -> taken.add(o.getName()));
        scope.graph().getInitializerList().forEach(t -> taken.add(t.getName()));
        scope.graph()
                .getSparseInitializerList()
                .forEach(t -> taken.add(t.getValues().getName()));
        scope.graph().getNodeList().forEach(node -> {
            taken.add(node.getName());
            taken.addAll(node.getInputList());
            taken.addAll(node.getOutputList());
        });
        scope.bodies().forEach(b -> collect(b.scope()));
    }

    /** The wanted name, or the first of name_2, name_3, … that is free. */
    String take(String wanted) {
        String name = wanted;
        for (int i = 2; !taken.add(name); i++) {
            name = wanted + "_" + i;
        }
        return name;
    }
}
