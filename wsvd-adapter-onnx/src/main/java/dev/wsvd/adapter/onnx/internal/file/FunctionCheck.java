package dev.wsvd.adapter.onnx.internal.file;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.domain.error.ModelFormatException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Whether a model's own functions can be put in place of the nodes that call them, as the engine does: none calls itself,
 * calls fit, and what comes out is not too large.
 *
 * <p>A function may use a graph that the caller gives as an attribute, several times over, so its size is
 * n + Σ k<sub>a</sub>·size(a): n nodes of its own, and k<sub>a</sub> times the graph given as attribute a.
 */
final class FunctionCheck {
    private static final long MOST_NODES = 1_000_000;

    /** As many calls within calls as the engine takes on its stack without harm, and more than any exporter makes. */
    private static final int DEEPEST = 100;

    /**
     * A size.
     *
     * @param nodes n
     * @param graphs k by name of the attribute
     */
    private record Size(long nodes, Map<String, Long> graphs) {
        static final Size NONE = new Size(0, Map.of());

        Size plus(Size other) {
            if (other.graphs.isEmpty()) {
                return new Size(capped(nodes + other.nodes), graphs);
            }
            Map<String, Long> sums = new HashMap<>(graphs);
            other.graphs.forEach((name, count) -> sums.merge(name, count, (a, b) -> capped(a + b)));
            return new Size(capped(nodes + other.nodes), sums);
        }

        Size times(long count) {
            Map<String, Long> products = new HashMap<>();
            graphs.forEach((name, each) -> products.put(name, capped(each * count)));
            return new Size(capped(nodes * count), products);
        }

        /** Numbers stay so small that their products are numbers. */
        private static long capped(long count) {
            return Math.min(count, MOST_NODES + 1);
        }
    }

    private final String model;
    private final Map<String, List<FunctionProto>> functions = new HashMap<>();
    private final Map<String, Size> sizes = new HashMap<>();
    private final Map<String, Set<Integer>> needed = new HashMap<>();
    private final Set<String> open = new HashSet<>();

    /** @param model its name, for messages */
    FunctionCheck(String model, List<FunctionProto> functions) {
        this.model = model;
        functions.forEach(function -> this.functions
                .computeIfAbsent(id(function.getDomain(), function.getName()), id -> new ArrayList<>())
                .add(function));
    }

    /** @throws ModelFormatException if one of the functions, or a call from the graph, is not as said */
    void check(GraphProto graph) {
        if (functions.isEmpty()) {
            return;
        }
        functions.keySet().forEach(this::sizeOfFunction);
        requireSmall(sizeOf(graph.getNodeList()).nodes());
    }

    private Size sizeOfFunction(String id) {
        Size known = sizes.get(id);
        if (known != null) {
            return known;
        }
        if (!open.add(id)) {
            throw broken("function '" + id + "' calls itself");
        }
        if (open.size() > DEEPEST) {
            throw broken("its functions call each other more than " + DEEPEST + " deep");
        }
        Size size = Size.NONE;
        Set<Integer> inputs = new HashSet<>();
        for (FunctionProto function : functions.get(id)) {
            size = size.plus(sizeOf(function.getNodeList()));
            Set<String> names = new HashSet<>();
            collectNeeded(function.getNodeList(), names);
            names.forEach(name -> inputs.add(function.getInputList().indexOf(name)));
        }
        open.remove(id);
        needed.put(id, inputs);
        requireSmall(size.nodes());
        sizes.put(id, size);
        return size;
    }

    private Size sizeOf(List<NodeProto> nodes) {
        Size size = new Size(nodes.size(), Map.of());
        for (NodeProto node : nodes) {
            String id = id(node.getDomain(), node.getOpType());
            if (functions.containsKey(id)) {
                size = size.plus(sizeOfCall(node, id));
            } else {
                for (AttributeProto attribute : node.getAttributeList()) {
                    size = size.plus(sizeOf(attribute));
                }
            }
        }
        return size;
    }

    private Size sizeOfCall(NodeProto node, String id) {
        for (FunctionProto function : functions.get(id)) {
            // Inputs may be left out at the end; outputs only by an empty name.
            if (node.getInputCount() > function.getInputCount() || node.getOutputCount() != function.getOutputCount()) {
                throw broken("node '" + node.getName() + "' calls function '" + id + "' with " + node.getInputCount()
                        + " inputs and " + node.getOutputCount() + " outputs; it has " + function.getInputCount()
                        + " and " + function.getOutputCount());
            }
        }
        Size function = sizeOfFunction(id);
        for (int input : needed.get(id)) {
            if (input >= 0
                    && (input >= node.getInputCount() || node.getInput(input).isEmpty())) {
                throw broken("node '" + node.getName() + "' calls function '" + id + "' without input " + input
                        + ", which it needs");
            }
        }
        Size size = new Size(function.nodes(), Map.of());
        for (AttributeProto attribute : node.getAttributeList()) {
            Size given = sizeOf(attribute);
            size = size.plus(given.times(function.graphs().getOrDefault(attribute.getName(), 1L)));
        }
        return size;
    }

    /** What nodes use that must not be left out, see {@link NodeCheck}. */
    private void collectNeeded(List<NodeProto> nodes, Set<String> names) {
        for (NodeProto node : nodes) {
            String id = id(node.getDomain(), node.getOpType());
            if (NodeCheck.isVariadic(node)) {
                names.addAll(node.getInputList());
            } else {
                needed.getOrDefault(id, Set.of()).stream()
                        .filter(i -> i >= 0 && i < node.getInputCount())
                        .forEach(i -> names.add(node.getInput(i)));
            }
            for (AttributeProto attribute : node.getAttributeList()) {
                collectNeeded(attribute.getG().getNodeList(), names);
                attribute.getGraphsList().forEach(graph -> collectNeeded(graph.getNodeList(), names));
            }
        }
    }

    private Size sizeOf(AttributeProto attribute) {
        if (!attribute.getRefAttrName().isEmpty()) {
            return new Size(0, Map.of(attribute.getRefAttrName(), 1L));
        }
        Size size = attribute.hasG() ? sizeOf(attribute.getG().getNodeList()) : Size.NONE;
        for (GraphProto graph : attribute.getGraphsList()) {
            size = size.plus(sizeOf(graph.getNodeList()));
        }
        return size;
    }

    private void requireSmall(long nodes) {
        if (nodes > MOST_NODES) {
            throw new ModelFormatException(String.format(
                    Locale.ROOT,
                    "'%s' has more than %,d nodes with its functions in place; that many are not handled.",
                    model,
                    MOST_NODES));
        }
    }

    private static String id(String domain, String name) {
        return domain.isEmpty() || domain.equals("ai.onnx") ? name : domain + ":" + name;
    }

    private ModelFormatException broken(String what) {
        return ModelValidator.broken(model, what);
    }
}
