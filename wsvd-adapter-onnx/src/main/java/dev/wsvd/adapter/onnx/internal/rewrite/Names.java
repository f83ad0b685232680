package dev.wsvd.adapter.onnx.internal.rewrite;

import dev.wsvd.adapter.onnx.internal.graph.Scope;
import dev.wsvd.adapter.onnx.internal.graph.UniqueNames;

/** The names a model uses for tensors and nodes, in every graph; new ones differ from all of them. */
public final class Names {
    private final UniqueNames names = new UniqueNames("_");

    public Names(Scope root) {
        collect(root);
    }

    private void collect(Scope scope) {
        scope.graph().getInputList().forEach(i -> names.reserve(i.getName()));
        scope.graph().getOutputList().forEach(o -> names.reserve(o.getName()));
        scope.graph().getInitializerList().forEach(t -> names.reserve(t.getName()));
        scope.graph()
                .getSparseInitializerList()
                .forEach(t -> names.reserve(t.getValues().getName()));
        scope.graph().getNodeList().forEach(node -> {
            names.reserve(node.getName());
            node.getInputList().forEach(names::reserve);
            node.getOutputList().forEach(names::reserve);
        });
        scope.bodies().forEach(b -> collect(b.scope()));
    }

    /** The wanted name, or the first of name_2, name_3, … that is free. */
    public String take(String wanted) {
        return names.take(wanted);
    }
}
