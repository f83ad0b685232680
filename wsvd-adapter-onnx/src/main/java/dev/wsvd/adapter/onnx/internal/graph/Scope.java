package dev.wsvd.adapter.onnx.internal.graph;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * One graph of a model (the main one or the body of an {@code If}, {@code Loop} or {@code Scan}) and the names it defines.
 * A body sees the names of the graphs around it. Two scopes are equal only if they are the same.
 */
public final class Scope {
    /** Where a name gets its value. */
    public sealed interface Definition {
        /** The graph that holds it. */
        Scope scope();
    }

    /** A stored tensor, whether or not the graph's inputs repeat its name. */
    public record Initializer(Scope scope, TensorProto tensor) implements Definition {}

    /** A stored sparse tensor. */
    public record Sparse(Scope scope) implements Definition {}

    /** What a node gives. */
    public record Produced(Scope scope, NodeProto node, int index) implements Definition {}

    /** What the caller gives. */
    public record Formal(Scope scope, ValueInfoProto info) implements Definition {}

    /** A body: the scope and the node and attribute that hold it. */
    public record Body(Scope scope, int node, String attribute) {}

    private final Scope parent;
    private final GraphProto graph;
    private final Map<String, Definition> definitions = new HashMap<>();
    private final Map<Integer, List<Body>> bodies = new HashMap<>();

    private Scope(Scope parent, GraphProto graph) {
        this.parent = parent;
        this.graph = graph;
        graph.getInputList().forEach(i -> definitions.put(i.getName(), new Formal(this, i)));
        for (int index = 0; index < graph.getNodeCount(); index++) {
            NodeProto node = graph.getNode(index);
            for (String output : node.getOutputList()) {
                if (!output.isEmpty()) {
                    definitions.put(output, new Produced(this, node, index));
                }
            }
        }
        graph.getSparseInitializerList()
                .forEach(s -> definitions.put(s.getValues().getName(), new Sparse(this)));
        for (TensorProto tensor : graph.getInitializerList()) {
            // A body's inputs always come from its node; the main graph's may have a stored default, which is a weight.
            if (parent == null || !(definitions.get(tensor.getName()) instanceof Formal)) {
                definitions.put(tensor.getName(), new Initializer(this, tensor));
            }
        }
        for (int index = 0; index < graph.getNodeCount(); index++) {
            List<Body> of = bodies(graph.getNode(index), index);
            if (!of.isEmpty()) {
                bodies.put(index, of);
            }
        }
    }

    /** The scope of a model's main graph. */
    public static Scope root(GraphProto graph) {
        return new Scope(null, graph);
    }

    private List<Body> bodies(NodeProto node, int index) {
        List<Body> found = new ArrayList<>();
        for (AttributeProto attribute : node.getAttributeList()) {
            if (attribute.hasG()) {
                found.add(new Body(new Scope(this, attribute.getG()), index, attribute.getName()));
            }
            for (int i = 0; i < attribute.getGraphsCount(); i++) {
                found.add(new Body(new Scope(this, attribute.getGraphs(i)), index, attribute.getName() + i));
            }
        }
        return found;
    }

    public GraphProto graph() {
        return graph;
    }

    /** The graph around this one; empty for the main graph. */
    public Optional<Scope> parent() {
        return Optional.ofNullable(parent);
    }

    /** The bodies a node of this graph holds, in the order of its attributes. */
    public List<Body> bodies(int node) {
        return bodies.getOrDefault(node, List.of());
    }

    /** All bodies in this graph, in graph order. */
    public List<Body> bodies() {
        return bodies.keySet().stream()
                .sorted()
                .flatMap(i -> bodies.get(i).stream())
                .toList();
    }

    /** A node of this graph with what is made of its bodies in their places; the node itself if it has none. */
    public NodeProto withBodies(int node, Function<Scope, GraphProto> made) {
        Iterator<Body> next = bodies(node).iterator();
        return Bodies.mapped(graph.getNode(node), body -> made.apply(next.next().scope()));
    }

    /** Where a name that this graph uses is defined, here or further out. */
    public Optional<Definition> find(String name) {
        for (Scope scope = this; scope != null; scope = scope.parent) {
            Definition definition = scope.definitions.get(name);
            if (definition != null) {
                return Optional.of(definition);
            }
        }
        return Optional.empty();
    }
}
