package dev.wsvd.adapter.onnx.internal.shape;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A model's main graph with a branch of an {@code If} in the place of that node, so that a run takes this branch, whatever the
 * condition, and every tensor of it can be asked for. Branches within branches are inlined one after the other.
 *
 * @param graph the main graph
 * @param first the place of the branch's first node in it
 * @param prefix what stands in front of the names that the branch defines
 */
record InlinedBranch(GraphProto graph, int first, String prefix) {
    /** The main graph itself. */
    static InlinedBranch none(GraphProto graph) {
        return new InlinedBranch(graph, 0, "");
    }

    /** This graph with a body that stands in the branch inlined too; empty if it is not the branch of an {@code If}. */
    Optional<InlinedBranch> with(Scope.Body body) {
        int place = first + body.node();
        NodeProto owner = graph.getNode(place);
        return owner.getOpType().equals("If")
                ? Attributes.find(owner, body.attribute())
                        .map(AttributeProto::getG)
                        .filter(branch -> branch.getOutputCount() == owner.getOutputCount())
                        .map(branch -> with(place, branch))
                : Optional.empty();
    }

    /** The name that a name defined in the branch has here. */
    String name(String inBranch) {
        return prefix + inBranch;
    }

    private InlinedBranch with(int place, GraphProto branch) {
        NodeProto owner = graph.getNode(place);
        String inner = prefix + "wsvd " + place + " ";
        Map<String, String> names = defined(branch, inner);
        GraphProto.Builder out = graph.toBuilder().clearNode();
        out.addAllNode(graph.getNodeList().subList(0, place));
        branch.getInitializerList()
                .forEach(tensor -> out.addInitializer(tensor.toBuilder().setName(inner + tensor.getName())));
        branch.getSparseInitializerList().forEach(sparse -> {
            var renamed = sparse.toBuilder();
            renamed.getValuesBuilder().setName(inner + sparse.getValues().getName());
            out.addSparseInitializer(renamed);
        });
        branch.getNodeList().forEach(node -> out.addNode(renamed(node, names)));
        for (int i = 0; i < owner.getOutputCount(); i++) {
            String result = branch.getOutput(i).getName();
            out.addNode(NodeProto.newBuilder()
                    .setOpType("Identity")
                    .addInput(names.getOrDefault(result, result))
                    .addOutput(owner.getOutput(i)));
        }
        out.addAllNode(graph.getNodeList().subList(place + 1, graph.getNodeCount()));
        return new InlinedBranch(out.build(), place, inner);
    }

    private static Map<String, String> defined(GraphProto graph, String prefix) {
        Map<String, String> names = new HashMap<>();
        graph.getInitializerList().forEach(tensor -> names.put(tensor.getName(), prefix + tensor.getName()));
        graph.getSparseInitializerList()
                .forEach(sparse -> names.put(
                        sparse.getValues().getName(),
                        prefix + sparse.getValues().getName()));
        graph.getNodeList().stream()
                .flatMap(node -> node.getOutputList().stream())
                .filter(name -> !name.isEmpty())
                .forEach(name -> names.put(name, prefix + name));
        return names;
    }

    /** Without its name, which the engine wants to be unique. */
    private static NodeProto renamed(NodeProto node, Map<String, String> names) {
        NodeProto.Builder out = node.toBuilder().clearName();
        for (int i = 0; i < out.getInputCount(); i++) {
            out.setInput(i, names.getOrDefault(out.getInput(i), out.getInput(i)));
        }
        for (int i = 0; i < out.getOutputCount(); i++) {
            out.setOutput(i, names.getOrDefault(out.getOutput(i), out.getOutput(i)));
        }
        for (AttributeProto.Builder attribute : out.getAttributeBuilderList()) {
            if (attribute.hasG()) {
                attribute.setG(capturing(attribute.getG(), names));
            }
        }
        return out.build();
    }

    /** A body, which sees the renamed names unless it defines them itself. */
    private static GraphProto capturing(GraphProto body, Map<String, String> names) {
        Map<String, String> seen = new HashMap<>(names);
        defined(body, "").keySet().forEach(seen::remove);
        body.getInputList().forEach(input -> seen.remove(input.getName()));
        GraphProto.Builder out = body.toBuilder().clearNode();
        body.getNodeList().forEach(node -> out.addNode(renamed(node, seen)));
        for (int i = 0; i < body.getOutputCount(); i++) {
            String name = body.getOutput(i).getName();
            out.getOutputBuilder(i).setName(seen.getOrDefault(name, name));
        }
        return out.build();
    }
}
