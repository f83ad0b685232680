package dev.wsvd.adapter.onnx.internal.quantize;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import dev.wsvd.adapter.onnx.internal.graph.Uses;
import dev.wsvd.domain.spi.Quantizable.Chain;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Layers of a main graph that stand one behind the other, with at most a ReLU between them. */
final class Chains {
    private Chains() {}

    /**
     * Of layers whose weights nobody else has: such a weight would be stored twice, once scaled.
     *
     * @param layers of the main graph
     */
    static List<Chain> of(Scope root, List<LayerNode> layers) {
        Map<String, List<NodeProto>> readers = new HashMap<>();
        for (NodeProto node : root.graph().getNodeList()) {
            for (String name : node.getInputList()) {
                readers.computeIfAbsent(name, key -> new ArrayList<>()).add(node);
            }
        }
        Set<String> seen = new HashSet<>();
        root.graph().getOutputList().forEach(output -> seen.add(output.getName()));
        root.bodies().forEach(body -> uses(body.scope(), seen));
        Uses uses = Uses.of(root);
        List<LayerNode> own = layers.stream()
                .filter(layer -> uses.isExclusive(layer.constant().orElseThrow()))
                .toList();
        Map<String, LayerNode> byOutput = new HashMap<>();
        own.forEach(layer -> byOutput.put(layer.output(), layer));
        List<Chain> chains = new ArrayList<>();
        for (LayerNode first : own) {
            String between = first.output();
            NodeProto reader = only(between, readers, seen);
            if (reader != null && reader.getOpType().equals("Relu")) {
                between = reader.getOutput(0);
                reader = only(between, readers, seen);
            }
            LayerNode second =
                    reader == null || reader.getOutputCount() == 0 ? null : byOutput.get(reader.getOutput(0));
            if (second != null && second.input().equals(between) && fit(first, second)) {
                chains.add(new Chain(first.id(), second.id(), between));
            }
        }
        return chains;
    }

    private static void uses(Scope scope, Set<String> used) {
        scope.graph().getNodeList().forEach(node -> used.addAll(node.getInputList()));
        scope.graph().getOutputList().forEach(output -> used.add(output.getName()));
        scope.bodies().forEach(body -> uses(body.scope(), used));
    }

    /** Who alone reads a tensor; null if nobody does, or others. */
    private static NodeProto only(String name, Map<String, List<NodeProto>> readers, Set<String> seen) {
        List<NodeProto> all = readers.getOrDefault(name, List.of());
        return all.size() == 1 && !seen.contains(name) ? all.get(0) : null;
    }

    private static boolean fit(LayerNode first, LayerNode second) {
        return first.form().isConv() == second.form().isConv()
                && first.groups() == 1
                && second.groups() == 1
                && first.storedShape().isPresent()
                && second.storedShape().isPresent()
                && first.storedShape().get().out() == second.storedShape().get().inPerGroup();
    }
}
