package dev.wsvd.adapter.onnx.internal.file;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.domain.error.ModelFormatException;
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

    /** A size: n, and k by name of the attribute. Numbers stay so small that their products are numbers. */
    private static final class Size {
        private long nodes;
        private final Map<String, Long> graphs = new HashMap<>();

        void addNodes(long count) {
            nodes = capped(nodes + count);
        }

        void addGraph(String attribute, long count) {
            graphs.merge(attribute, capped(count), (a, b) -> capped(a + b));
        }

        void add(Size other, long times) {
            addNodes(capped(other.nodes * times));
            other.graphs.forEach((name, count) -> addGraph(name, count * times));
        }

        private static long capped(long count) {
            return Math.min(count, MOST_NODES + 1);
        }
    }

    /**
     * A function that was looked at.
     *
     * @param size of what stands in a call's place
     * @param needed the inputs, from 0, that a call must not leave out
     */
    private record Checked(FunctionProto function, Size size, Set<Integer> needed) {}

    private final String model;
    private final Map<FunctionId, FunctionProto> functions = new HashMap<>();
    private final Map<FunctionId, Checked> checked = new HashMap<>();
    private final Set<FunctionId> visiting = new HashSet<>();

    /**
     * @param model its name, for messages
     * @throws ModelFormatException if two functions are called alike
     */
    FunctionCheck(String model, List<FunctionProto> functions) {
        this.model = model;
        for (FunctionProto function : functions) {
            FunctionId id = FunctionId.of(function);
            if (this.functions.put(id, function) != null) {
                throw broken("function '" + id + "' is there twice");
            }
        }
    }

    /** @throws ModelFormatException if one of the functions, or a call from the graph, is not as said */
    void check(GraphProto graph) {
        if (functions.isEmpty()) {
            return;
        }
        functions.keySet().forEach(this::checked);
        Size size = new Size();
        addNodes(graph.getNodeList(), size);
        requireSmall(size.nodes);
    }

    private Checked checked(FunctionId id) {
        Checked known = checked.get(id);
        if (known != null) {
            return known;
        }
        if (!visiting.add(id)) {
            throw broken("function '" + id + "' calls itself");
        }
        if (visiting.size() > DEEPEST) {
            throw broken("its functions call each other more than " + DEEPEST + " deep");
        }
        FunctionProto function = functions.get(id);
        Size size = new Size();
        addNodes(function.getNodeList(), size);
        requireSmall(size.nodes);
        Checked result = new Checked(function, size, neededInputs(function));
        visiting.remove(id);
        checked.put(id, result);
        return result;
    }

    private void addNodes(List<NodeProto> nodes, Size size) {
        size.addNodes(nodes.size());
        for (NodeProto node : nodes) {
            FunctionId id = FunctionId.of(node);
            if (functions.containsKey(id)) {
                addCall(node, id, size);
            } else {
                node.getAttributeList().forEach(attribute -> addAttribute(attribute, size));
            }
        }
    }

    private void addCall(NodeProto node, FunctionId id, Size size) {
        FunctionProto function = functions.get(id);
        // Inputs may be left out at the end; outputs only by an empty name.
        if (node.getInputCount() > function.getInputCount() || node.getOutputCount() != function.getOutputCount()) {
            throw broken("node '" + node.getName() + "' calls function '" + id + "' with " + node.getInputCount()
                    + " inputs and " + node.getOutputCount() + " outputs; it has " + function.getInputCount() + " and "
                    + function.getOutputCount());
        }
        Checked called = checked(id);
        for (int input : called.needed()) {
            if (input >= node.getInputCount() || node.getInput(input).isEmpty()) {
                throw broken("node '" + node.getName() + "' calls function '" + id + "' without input " + input
                        + ", which it needs");
            }
        }
        size.addNodes(called.size().nodes);
        for (AttributeProto attribute : node.getAttributeList()) {
            Size given = new Size();
            addAttribute(attribute, given);
            size.add(given, called.size().graphs.getOrDefault(attribute.getName(), 1L));
        }
    }

    private void addAttribute(AttributeProto attribute, Size size) {
        if (!attribute.getRefAttrName().isEmpty()) {
            size.addGraph(attribute.getRefAttrName(), 1);
            return;
        }
        if (attribute.hasG()) {
            addNodes(attribute.getG().getNodeList(), size);
        }
        attribute.getGraphsList().forEach(graph -> addNodes(graph.getNodeList(), size));
    }

    private Set<Integer> neededInputs(FunctionProto function) {
        Map<String, Integer> places = new HashMap<>();
        for (int i = 0; i < function.getInputCount(); i++) {
            places.putIfAbsent(function.getInput(i), i);
        }
        Set<Integer> inputs = new HashSet<>();
        collectNeeded(function.getNodeList(), places, inputs);
        return inputs;
    }

    /** What nodes use that must not be left out, see {@link NodeCheck}. Functions they call were checked before. */
    private void collectNeeded(List<NodeProto> nodes, Map<String, Integer> places, Set<Integer> inputs) {
        for (NodeProto node : nodes) {
            if (NodeCheck.isVariadic(node)) {
                node.getInputList().forEach(name -> addPlace(places, name, inputs));
            }
            Checked called = checked.get(FunctionId.of(node));
            if (called != null) {
                called.needed().forEach(input -> addPlace(places, node.getInput(input), inputs));
            }
            for (AttributeProto attribute : node.getAttributeList()) {
                collectNeeded(attribute.getG().getNodeList(), places, inputs);
                attribute.getGraphsList().forEach(graph -> collectNeeded(graph.getNodeList(), places, inputs));
            }
        }
    }

    private static void addPlace(Map<String, Integer> places, String name, Set<Integer> inputs) {
        Integer place = places.get(name);
        if (place != null) {
            inputs.add(place);
        }
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

    private ModelFormatException broken(String what) {
        return ModelValidator.broken(model, what);
    }
}
