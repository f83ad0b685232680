package dev.wsvd.adapter.onnx.internal.run;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import dev.wsvd.adapter.onnx.internal.graph.Scope.Definition;
import dev.wsvd.adapter.onnx.internal.graph.Scope.Produced;
import dev.wsvd.adapter.onnx.internal.graph.Uses;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Residual sums that layers of a main graph go into. */
final class ResidualSums {
    private static final Set<String> SUMS = Set.of("Add", "Sum");
    private static final Set<String> PASSING = Set.of("Identity", "Dropout");

    private final Scope root;
    private final Uses uses;
    /** By tensor, the node that uses it last. */
    private final Map<String, NodeProto> users = new HashMap<>();

    ResidualSums(Scope root) {
        this.root = root;
        this.uses = Uses.of(root);
        for (NodeProto node : root.graph().getNodeList()) {
            node.getInputList().forEach(input -> users.put(input, node));
        }
    }

    /**
     * The tensor that is added to what a layer gives, its biases apart.
     *
     * @return empty if anything else is done to it first, anything else uses it, or the tensor is made after the layer
     */
    Optional<String> addend(LayerNode layer) {
        String tensor = layer.output();
        while (root.find(tensor).filter(made -> uses.count(made) == 1).isPresent() && users.containsKey(tensor)) {
            NodeProto user = users.get(tensor);
            if (PASSING.contains(user.getOpType()) && user.getInput(0).equals(tensor)) {
                tensor = user.getOutput(0);
                continue;
            }
            List<String> operands = user.getInputList();
            if (!SUMS.contains(user.getOpType()) || operands.size() != 2) {
                return Optional.empty();
            }
            String other = operands.get(operands.get(0).equals(tensor) ? 1 : 0);
            Optional<Definition> made = root.find(other);
            if (made.isEmpty()) {
                return Optional.empty();
            }
            if (!isConstant(made.get())) {
                return made.get() instanceof Produced produced && produced.index() > layer.index()
                        ? Optional.empty()
                        : Optional.of(other);
            }
            tensor = user.getOutput(0);
        }
        return Optional.empty();
    }

    private static boolean isConstant(Definition definition) {
        return definition instanceof Scope.Initializer
                || definition instanceof Produced produced
                        && produced.node().getOpType().equals("Constant");
    }
}
