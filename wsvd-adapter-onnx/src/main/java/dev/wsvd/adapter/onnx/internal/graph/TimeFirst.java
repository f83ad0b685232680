package dev.wsvd.adapter.onnx.internal.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Tensors whose second dim counts the samples: sequences of recurrent nodes, and what products and biases make them of. */
public final class TimeFirst {
    private static final Set<String> MAKING = Set.of("MatMul", "Add", "Sum");

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
            boolean makes = MAKING.contains(node.getOpType())
                    && node.getOutputList().stream().anyMatch(name -> tensors.contains(new Tensor(scope, name)));
            List<String> computed = node.getInputList().stream()
                    .filter(name -> !isStored(scope, name))
                    .toList();
            if (makes && computed.size() == 1) {
                tensors.add(new Tensor(scope, computed.get(0)));
            }
        }
        scope.bodies().forEach(body -> search(body.scope()));
    }

    private static boolean isStored(Scope scope, String name) {
        Scope.Definition definition = scope.find(name).orElse(null);
        return definition instanceof Scope.Initializer
                || definition instanceof Scope.Produced made
                        && made.node().getOpType().equals("Constant");
    }

    /** Whether what a layer sees and gives is so. */
    public boolean has(LayerNode layer) {
        return layer.form().isRecurrent()
                ? new RecurrentNode(layer.node()).isTimeFirst()
                : layer.form() == LayerForm.MATMUL_RIGHT && tensors.contains(new Tensor(layer.scope(), layer.output()));
    }
}
