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
import dev.wsvd.adapter.onnx.internal.graph.FusedOperators;
import dev.wsvd.adapter.onnx.internal.graph.OperatorSet;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * What ONNX Runtime has fused in a model that it optimised and saved, as ONNX's own operators: {@code FusedConv} and {@code FusedGemm} with
 * what they add and their activation, {@code FusedMatMul} of a stored operand with its transpositions and its factor. ONNX Runtime fuses
 * them again as it loads the model. What is not understood stays.
 */
public final class UnfusedGraph {
    private static final Set<String> FUSED = Set.of("FusedConv", "FusedGemm", "FusedMatMul");

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
    private final Names names;
    private final ConstantResolver constants = new ConstantResolver();
    private final Map<String, Integer> ranks = new HashMap<>();

    private UnfusedGraph(ModelProto model, Scope root) {
        this.opset = OperatorSet.version(model);
        this.names = new Names(root);
    }

    /** The model without such operators, in all its graphs; itself where it has none, or says itself what operators compute. */
    public static ModelProto of(ModelProto model) {
        Scope root = Scope.root(model.getGraph());
        return FusedOperators.areKnown(model) && hasFused(root)
                ? model.toBuilder()
                        .setGraph(new UnfusedGraph(model, root).unfused(root))
                        .build()
                : model;
    }

    private static boolean hasFused(Scope scope) {
        return scope.graph().getNodeList().stream().anyMatch(UnfusedGraph::isFused)
                || scope.bodies().stream().anyMatch(body -> hasFused(body.scope()));
    }

    private static boolean isFused(NodeProto node) {
        return FusedOperators.isOne(node) && FUSED.contains(node.getOpType());
    }

    private GraphProto unfused(Scope scope) {
        GraphProto graph = scope.graph();
        List.of(graph.getInputList(), graph.getValueInfoList(), graph.getOutputList())
                .forEach(infos -> infos.forEach(this::learnRank));
        GraphProto.Builder out = graph.toBuilder().clearNode();
        for (int index = 0; index < graph.getNodeCount(); index++) {
            NodeProto node = graph.getNode(index);
            out.addAllNode(isFused(node) ? apart(scope, node) : List.of(withBodies(scope, index, node)));
        }
        return out.build();
    }

    private void learnRank(ValueInfoProto info) {
        if (info.getType().getTensorType().hasShape()) {
            ranks.put(info.getName(), info.getType().getTensorType().getShape().getDimCount());
        }
    }

    private NodeProto withBodies(Scope scope, int index, NodeProto node) {
        Iterator<Scope.Body> bodies = scope.bodies(index).iterator();
        if (!bodies.hasNext()) {
            return node;
        }
        NodeProto.Builder out = node.toBuilder();
        for (AttributeProto.Builder attribute : out.getAttributeBuilderList()) {
            if (attribute.hasG()) {
                attribute.setG(unfused(bodies.next().scope()));
            }
            for (int i = 0; i < attribute.getGraphsCount(); i++) {
                attribute.setGraphs(i, unfused(bodies.next().scope()));
            }
        }
        return out.build();
    }

    private List<NodeProto> apart(Scope scope, NodeProto node) {
        Optional<Apart> apart = node.getOpType().equals("FusedMatMul") ? product(scope, node) : activated(scope, node);
        return apart.map(Apart::nodes).orElse(List.of(node));
    }

    /** A convolution or Gemm, what is added to it, and its activation. */
    private Optional<Apart> activated(Scope scope, NodeProto node) {
        String activation = Attributes.text(node, "activation", "");
        if (!activation.isEmpty() && !ACTIVATIONS.contains(activation)) {
            return Optional.empty();
        }
        Apart apart = new Apart(scope, node, node.getOpType().substring("Fused".length()), node.getInputList());
        if (apart.inputs.size() > 3) {
            String sum = apart.inputs.remove(3);
            apart.then("Add", List.of(sum), List.of());
        }
        if (!activation.isEmpty()) {
            activate(apart, activation, parameters(node, activation));
        }
        return Optional.of(apart);
    }

    private void activate(Apart apart, String activation, Map<String, Float> parameters) {
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
    private Optional<Apart> product(Scope scope, NodeProto node) {
        List<Optional<ConstantTensor>> stored = node.getInputList().stream()
                .map(input -> constants.resolve(scope, input).tensor())
                .toList();
        if (stored.size() != 2 || stored.get(0).isPresent() == stored.get(1).isPresent()) {
            return Optional.empty();
        }
        Apart apart = new Apart(scope, node, "MatMul", node.getInputList());
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

    /** The last two dims change places. */
    private static List<Long> order(int rank) {
        List<Long> order =
                new ArrayList<>(IntStream.range(0, rank).mapToObj(i -> (long) i).toList());
        if (rank > 1) {
            Collections.swap(order, rank - 2, rank - 1);
        }
        return order;
    }

    /** The nodes in one's place: what turns its operands, the operator itself, and what follows. */
    private final class Apart {
        private final NodeProto fused;
        private final String name;
        private final int type;
        private final List<NodeProto> before = new ArrayList<>();
        private final List<NodeProto.Builder> steps = new ArrayList<>();
        private final List<String> inputs;

        Apart(Scope scope, NodeProto fused, String op, List<String> inputs) {
            this.fused = fused;
            this.name = fused.getName().isBlank() ? fused.getOutput(0) : fused.getName();
            this.inputs = new ArrayList<>(inputs);
            this.type = inputs.stream()
                    .flatMap(input -> constants.resolve(scope, input).tensor().stream())
                    .map(ConstantTensor::type)
                    .findFirst()
                    .orElse(ElementTypes.FLOAT);
            NodeProto.Builder plain =
                    fused.toBuilder().setName(name).setOpType(op).clearDomain().clearAttribute();
            fused.getAttributeList().stream()
                    .filter(attribute ->
                            !op.equals("MatMul") && !attribute.getName().startsWith("activation"))
                    .forEach(plain::addAttribute);
            steps.add(plain);
        }

        /** Another node, whose first operand is what the one before gives. */
        void then(String op, List<String> operands, List<AttributeProto> attributes) {
            steps.add(NodeProto.newBuilder()
                    .setOpType(op)
                    .setName(names.take(name + "_" + op))
                    .addInput("")
                    .addAllInput(operands)
                    .addAllAttribute(attributes));
        }

        String number(String what, float value) {
            String stored = names.take(name + "_" + what);
            before.add(StageWriter.constant(StageTensor.of(stored, List.of(), new float[] {value}, type)));
            return stored;
        }

        void turn(int input, List<Long> order) {
            String turned = names.take(name + "_turned");
            before.add(NodeProto.newBuilder()
                    .setOpType("Transpose")
                    .setName(turned)
                    .addInput(inputs.get(input))
                    .addOutput(turned)
                    .addAttribute(Attributes.integers("perm", order))
                    .build());
            inputs.set(input, turned);
        }

        List<NodeProto> nodes() {
            steps.get(0).clearInput().addAllInput(inputs);
            List<NodeProto> all = new ArrayList<>(before);
            for (int i = 0; i < steps.size(); i++) {
                NodeProto.Builder step = steps.get(i).clearOutput();
                boolean last = i == steps.size() - 1;
                String output = last ? fused.getOutput(0) : names.take(fused.getOutput(0) + "_unfused");
                all.add(step.addOutput(output).build());
                if (!last) {
                    steps.get(i + 1).setInput(0, output);
                }
            }
            return all;
        }
    }
}
