package dev.wsvd.adapter.onnx.internal.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Tensors whose second dim counts the samples: sequences of recurrent nodes, and what products and biases make them of. */
public final class TimeFirst {
    private record Tensor(Scope scope, String name) {}

    private final Set<Tensor> tensors = new HashSet<>();

    private TimeFirst() {}

    /** Of a main graph and the bodies in it. */
    public static TimeFirst of(Scope root) {
        TimeFirst found = new TimeFirst();
        found.search(root);
        return found;
    }

    private void search(Scope scope) {
        List<NodeProto> nodes = scope.graph().getNodeList();
        for (int i = nodes.size() - 1; i >= 0; i--) {
            NodeProto node = nodes.get(i);
            if (RecurrentNode.of(node).filter(RecurrentNode::isTimeFirst).isPresent()) {
                tensors.add(new Tensor(scope, node.getInput(RecurrentNode.X)));
            }
            if (node.getOutputList().stream().anyMatch(name -> tensors.contains(new Tensor(scope, name)))) {
                madeOf(scope, node).ifPresent(name -> tensors.add(new Tensor(scope, name)));
            }
        }
        scope.bodies().forEach(body -> search(body.scope()));
    }

    /** What a node makes a tensor of as many dims of; the scale of a product in int8 follows a {@code Cast}. */
    private static Optional<String> madeOf(Scope scope, NodeProto node) {
        List<String> inputs = node.getInputList();
        return switch (node.getOpType()) {
            case "MatMul", "MatMulInteger", "Cast", "Sum" -> inputs.stream().findFirst();
            case "Mul" -> inputs.stream().findFirst().filter(name -> isMadeBy(scope, name, "Cast"));
            case "Add" -> {
                List<String> computed =
                        inputs.stream().filter(name -> !isStored(scope, name)).toList();
                yield computed.size() == 1 ? Optional.of(computed.get(0)) : Optional.empty();
            }
            default -> Optional.empty();
        };
    }

    private static boolean isStored(Scope scope, String name) {
        return scope.find(name).orElse(null) instanceof Scope.Initializer || isMadeBy(scope, name, "Constant");
    }

    private static boolean isMadeBy(Scope scope, String name, String operator) {
        return scope.find(name).orElse(null) instanceof Scope.Produced made
                && made.node().getOpType().equals(operator);
    }

    /** Whether what a layer sees and gives is so. */
    public boolean has(LayerNode layer) {
        return layer.form().isRecurrent()
                ? new RecurrentNode(layer.node()).isTimeFirst()
                : layer.form() == LayerForm.MATMUL_RIGHT && tensors.contains(new Tensor(layer.scope(), layer.output()));
    }
}
