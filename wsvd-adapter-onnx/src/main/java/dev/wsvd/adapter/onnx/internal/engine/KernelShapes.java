package dev.wsvd.adapter.onnx.internal.engine;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import dev.wsvd.domain.error.ModelFormatException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * States every convolution's {@code kernel_shape}. It may be left out, being that of the weight; but then the engine's shape
 * inference takes it for granted that input and weight have the same rank, and ends the process where they have not. With
 * the attribute it looks.
 */
final class KernelShapes {
    /** Operators, and which operand is the weight. */
    private static final Map<String, Integer> WEIGHT =
            Map.of("Conv", 1, "ConvTranspose", 1, "ConvInteger", 1, "QLinearConv", 3, "FusedConv", 1);

    private static final int MAX_LINKS = 64;

    private KernelShapes() {}

    /**
     * The model with every {@code kernel_shape} that can be known.
     *
     * @throws ModelFormatException if a convolution's weight has no kernel at all
     */
    static ModelProto stated(ModelProto model) {
        Scope root = Scope.root(model.getGraph());
        GraphProto graph = stated(root);
        return graph == model.getGraph()
                ? model
                : model.toBuilder().setGraph(graph).build();
    }

    private static GraphProto stated(Scope scope) {
        GraphProto.Builder out = null;
        for (int i = 0; i < scope.graph().getNodeCount(); i++) {
            NodeProto before = scope.graph().getNode(i);
            NodeProto after =
                    scope.bodies(i).isEmpty() ? stated(scope, before) : scope.withBodies(i, KernelShapes::stated);
            if (after != before) {
                out = out == null ? scope.graph().toBuilder() : out;
                out.setNode(i, after);
            }
        }
        return out == null ? scope.graph() : out.build();
    }

    private static NodeProto stated(Scope scope, NodeProto node) {
        Integer weight = WEIGHT.get(node.getOpType());
        if (weight == null || node.getInputCount() <= weight) {
            return node;
        }
        Optional<List<Long>> dims = dims(scope, node.getInput(weight), 0);
        if (dims.isEmpty()) {
            return node;
        }
        int rank = dims.get().size();
        if (rank < 3 || dims.get().stream().anyMatch(d -> d < 1)) {
            throw new ModelFormatException(
                    "Node '" + node.getName() + "' (" + node.getOpType() + ") has a weight of shape " + dims.get()
                            + "; a convolution's has at least 3 dims, each at least 1.");
        }
        if (Attributes.find(node, "kernel_shape").isPresent()) {
            return node;
        }
        return node.toBuilder()
                .addAttribute(Attributes.integers("kernel_shape", dims.get().subList(2, rank)))
                .build();
    }

    private static Optional<List<Long>> dims(Scope scope, String name, int links) {
        Scope.Definition definition = scope.find(name).orElse(null);
        if (links > MAX_LINKS || definition == null) {
            return Optional.empty();
        }
        if (definition instanceof Scope.Initializer stored) {
            return Optional.of(stored.tensor().getDimsList());
        }
        if (definition instanceof Scope.Formal formal) {
            return declared(formal);
        }
        return definition instanceof Scope.Produced produced
                ? produced(produced.scope(), produced.node(), links)
                : Optional.empty();
    }

    private static Optional<List<Long>> declared(Scope.Formal formal) {
        List<Dimension> dims =
                formal.info().getType().getTensorType().getShape().getDimList();
        // Without a value for every dim the engine does not get as far as to rely on them.
        boolean fixed = !dims.isEmpty() && dims.stream().allMatch(Dimension::hasDimValue);
        return fixed ? Optional.of(dims.stream().map(Dimension::getDimValue).toList()) : Optional.empty();
    }

    private static Optional<List<Long>> produced(Scope scope, NodeProto node, int links) {
        if (node.getOpType().equals("Constant")) {
            return Attributes.find(node, "value").map(a -> a.getT().getDimsList());
        }
        if (node.getInputCount() == 0) {
            return Optional.empty();
        }
        Optional<List<Long>> operand = dims(scope, node.getInput(0), links + 1);
        return switch (node.getOpType()) {
            case "Identity", "Cast", "DequantizeLinear", "QuantizeLinear" -> operand;
            case "Transpose" -> operand.flatMap(d -> transposed(d, Attributes.integers(node, "perm")));
            default -> Optional.empty();
        };
    }

    private static Optional<List<Long>> transposed(List<Long> dims, List<Long> perm) {
        int rank = dims.size();
        if (perm.isEmpty()) {
            return Optional.of(IntStream.range(0, rank)
                    .mapToObj(i -> dims.get(rank - 1 - i))
                    .toList());
        }
        boolean fits = perm.size() == rank && perm.stream().allMatch(p -> p >= 0 && p < rank);
        return fits ? Optional.of(perm.stream().map(p -> dims.get(p.intValue())).toList()) : Optional.empty();
    }
}
