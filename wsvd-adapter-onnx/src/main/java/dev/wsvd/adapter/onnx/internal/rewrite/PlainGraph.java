package dev.wsvd.adapter.onnx.internal.rewrite;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.ConstantResolver;
import dev.wsvd.adapter.onnx.internal.graph.ConstantTensor;
import dev.wsvd.adapter.onnx.internal.graph.EinsumEquation;
import dev.wsvd.adapter.onnx.internal.graph.FusedOperators;
import dev.wsvd.adapter.onnx.internal.graph.OperatorSet;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Layers that stand in a model as other operators, as ONNX's Conv, Gemm and MatMul. Of a model that ONNX Runtime optimised and saved:
 * {@code FusedConv} and {@code FusedGemm} with what they add and their activation, {@code FusedMatMul} of a stored operand with its
 * transpositions and its factor; ONNX Runtime fuses them again as it loads the model. And {@code Einsum} of a stored operand that
 * {@linkplain EinsumEquation#isProduct is a product}. What is not understood stays.
 */
public final class PlainGraph {
    private static final Set<String> FUSED = Set.of("FusedConv", "FusedGemm", "FusedMatMul");

    private static final String EINSUM = "Einsum";

    /** What an activation is told, in the order in which a FusedConv tells it; others are told nothing. */
    private static final Map<String, List<String>> PARAMETERS = Map.of(
            "Clip", List.of("min", "max"),
            "Elu", List.of("alpha"),
            "HardSigmoid", List.of("alpha", "beta"),
            "LeakyRelu", List.of("alpha"),
            "Selu", List.of("alpha", "gamma"),
            "ThresholdedRelu", List.of("alpha"));

    private static final Set<String> ACTIVATIONS = Set.of(
            "Relu",
            "Sigmoid",
            "Softplus",
            "Softsign",
            "Tanh",
            "Clip",
            "Elu",
            "HardSigmoid",
            "LeakyRelu",
            "Selu",
            "ThresholdedRelu");

    /** From this operator set on, Clip takes its bounds as operands. */
    private static final long CLIP_BY_OPERANDS = 11;

    private final long opset;
    private final boolean fusedKnown;
    private final Names names;
    private final ConstantResolver constants = new ConstantResolver();
    private final Map<String, Integer> ranks = new HashMap<>();
    private final PlainEinsum einsums;

    private PlainGraph(ModelProto model, Scope root) {
        this.opset = OperatorSet.version(model);
        this.fusedKnown = FusedOperators.areKnown(model);
        this.names = new Names(root);
        this.einsums = new PlainEinsum(names);
    }

    /**
     * The model without such operators, in all its graphs; itself where it has none. ONNX Runtime's own stay in a model that says itself
     * what operators compute.
     */
    public static ModelProto of(ModelProto model) {
        Scope root = Scope.root(model.getGraph());
        PlainGraph plain = new PlainGraph(model, root);
        if (!plain.hasOther(root)) {
            return model;
        }
        GraphProto graph = plain.plain(root);
        return model.toBuilder()
                .setGraph(Leftovers.removed(graph, plain.einsums.maybeUnused()))
                .build();
    }

    private boolean hasOther(Scope scope) {
        return scope.graph().getNodeList().stream().anyMatch(this::isOther)
                || scope.bodies().stream().anyMatch(body -> hasOther(body.scope()));
    }

    private boolean isOther(NodeProto node) {
        boolean named = node.getOutputCount() > 0 && !node.getOutput(0).isEmpty();
        boolean fused = fusedKnown && FusedOperators.isOne(node) && FUSED.contains(node.getOpType());
        boolean einsum = ConstantResolver.isStandard(node) && node.getOpType().equals(EINSUM);
        return named && (fused || einsum);
    }

    private GraphProto plain(Scope scope) {
        GraphProto graph = scope.graph();
        List.of(graph.getInputList(), graph.getValueInfoList(), graph.getOutputList())
                .forEach(infos -> infos.forEach(this::learnRank));
        GraphProto.Builder out = graph.toBuilder().clearNode();
        for (int index = 0; index < graph.getNodeCount(); index++) {
            NodeProto node = graph.getNode(index);
            out.addAllNode(isOther(node) ? apart(scope, node) : List.of(scope.withBodies(index, this::plain)));
        }
        return out.addAllInitializer(einsums.matrices(scope)).build();
    }

    private void learnRank(ValueInfoProto info) {
        if (info.getType().getTensorType().hasShape()) {
            ranks.put(info.getName(), info.getType().getTensorType().getShape().getDimCount());
        }
    }

    private List<NodeProto> apart(Scope scope, NodeProto node) {
        if (!isFloat(scope, node)) {
            return List.of(node);
        }
        Optional<PlainNodes> apart =
                switch (node.getOpType()) {
                    case EINSUM -> einsum(scope, node);
                    case "FusedMatMul" -> product(scope, node);
                    default -> activated(scope, node);
                };
        return apart.map(PlainNodes::nodes).orElse(List.of(node));
    }

    /** Whether what is stored with the nodes can have the type of what they compute. */
    private boolean isFloat(Scope scope, NodeProto node) {
        return stored(scope, node).stream()
                .flatMap(Optional::stream)
                .map(ConstantTensor::type)
                .allMatch(ElementTypes::isWeight);
    }

    /** With the type of its stored operand. */
    private PlainNodes nodes(Scope scope, NodeProto node, String op, List<String> operands) {
        int type = operands.stream()
                .flatMap(operand -> constants.resolve(scope, operand).tensor().stream())
                .map(ConstantTensor::type)
                .findFirst()
                .orElse(ElementTypes.FLOAT);
        return new PlainNodes(names, node, op, operands, type);
    }

    /** A convolution or Gemm, what is added to it, and its activation. */
    private Optional<PlainNodes> activated(Scope scope, NodeProto node) {
        String activation = Attributes.text(node, "activation", "");
        if (!activation.isEmpty() && !ACTIVATIONS.contains(activation)) {
            return Optional.empty();
        }
        List<String> operands = node.getInputList().subList(0, Math.min(3, node.getInputCount()));
        PlainNodes apart = nodes(scope, node, node.getOpType().substring("Fused".length()), operands);
        if (node.getInputCount() > 3 && !node.getInput(3).isEmpty()) {
            apart.then("Add", List.of(node.getInput(3)), List.of());
        }
        if (!activation.isEmpty()) {
            activate(apart, activation, parameters(node, activation));
        }
        return Optional.of(apart);
    }

    private void activate(PlainNodes apart, String activation, Map<String, Float> parameters) {
        if (activation.equals("Clip") && opset >= CLIP_BY_OPERANDS) {
            List<String> bounds = PARAMETERS.get(activation).stream()
                    .map(bound -> parameters.containsKey(bound) ? apart.number(bound, parameters.get(bound)) : "")
                    .toList();
            apart.then(activation, bounds, List.of());
        } else {
            List<AttributeProto> told = new ArrayList<>();
            parameters.forEach((name, value) -> told.add(Attributes.real(name, value)));
            apart.then(activation, List.of(), told);
        }
    }

    private static Map<String, Float> parameters(NodeProto node, String activation) {
        List<Float> values = Attributes.find(node, "activation_params")
                .map(AttributeProto::getFloatsList)
                .orElse(List.of());
        List<String> known = PARAMETERS.getOrDefault(activation, List.of());
        Map<String, Float> parameters = new HashMap<>();
        for (int i = 0; i < known.size(); i++) {
            String name = known.get(i);
            if (i < values.size()) {
                parameters.put(name, values.get(i));
            }
            Attributes.find(node, "activation_" + name).ifPresent(value -> parameters.put(name, value.getF()));
        }
        return parameters;
    }

    /** A product of which one operand is stored, with both as they are multiplied, and its factor. */
    private Optional<PlainNodes> product(Scope scope, NodeProto node) {
        List<Optional<ConstantTensor>> stored = stored(scope, node);
        if (stored.size() != 2 || stored.get(0).isPresent() == stored.get(1).isPresent()) {
            return Optional.empty();
        }
        PlainNodes apart = nodes(scope, node, "MatMul", node.getInputList());
        for (int i = 0; i < 2; i++) {
            String operand = i == 0 ? "A" : "B";
            if (Attributes.integer(node, "transBatch" + operand, 0) != 0) {
                return Optional.empty();
            }
            if (Attributes.integer(node, "trans" + operand, 0) != 0) {
                Integer rank = stored.get(i).map(tensor -> tensor.dims().size()).orElse(ranks.get(node.getInput(i)));
                if (rank == null) {
                    return Optional.empty();
                }
                apart.turn(i, order(rank));
            }
        }
        float factor = Attributes.real(node, "alpha", 1);
        if (factor != 1) {
            apart.then("Mul", List.of(apart.number("factor", factor)), List.of());
        }
        return Optional.of(apart);
    }

    private Optional<PlainNodes> einsum(Scope scope, NodeProto node) {
        List<Optional<ConstantTensor>> stored = stored(scope, node);
        if (stored.size() != 2 || stored.get(0).isPresent() == stored.get(1).isPresent()) {
            return Optional.empty();
        }
        int weight = stored.get(0).isPresent() ? 0 : 1;
        Optional<Integer> rank = Optional.ofNullable(ranks.get(node.getInput(1 - weight)));
        return einsums.apart(node, weight, stored.get(weight).orElseThrow(), rank);
    }

    private List<Optional<ConstantTensor>> stored(Scope scope, NodeProto node) {
        return node.getInputList().stream()
                .map(input -> constants.resolve(scope, input).tensor())
                .toList();
    }

    /** The last two dims change places. */
    private static List<Long> order(int rank) {
        List<Long> order =
                new ArrayList<>(IntStream.range(0, rank).mapToObj(i -> (long) i).toList());
        if (rank > 1) {
            Collections.swap(order, rank - 2, rank - 1);
        }
        return order;
    }
}
