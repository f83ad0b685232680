package dev.wsvd.adapter.onnx.internal.file;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;

/** Whether nodes can run in some order. */
final class NodeOrder {
    private NodeOrder() {}

    /** A node that waits for its own result. Kahn's algorithm: what remains when every node that can run has run is a cycle. */
    static OptionalInt findCycle(List<NodeProto> nodes) {
        Map<String, Integer> producers = new HashMap<>();
        for (int i = 0; i < nodes.size(); i++) {
            for (String output : nodes.get(i).getOutputList()) {
                producers.put(output, i);
            }
        }
        producers.remove("");
        int[] waiting = new int[nodes.size()];
        List<List<Integer>> next = new ArrayList<>();
        nodes.forEach(node -> next.add(new ArrayList<>()));
        for (int i = 0; i < waiting.length; i++) {
            Set<Integer> needed = new HashSet<>();
            collectNeeded(nodes.get(i), producers, needed);
            for (int producer : needed) {
                next.get(producer).add(i);
                waiting[i]++;
            }
        }
        Deque<Integer> ready = new ArrayDeque<>();
        for (int i = 0; i < waiting.length; i++) {
            if (waiting[i] == 0) {
                ready.add(i);
            }
        }
        int done = 0;
        while (!ready.isEmpty()) {
            done++;
            for (int follower : next.get(ready.remove())) {
                if (--waiting[follower] == 0) {
                    ready.add(follower);
                }
            }
        }
        for (int stuck = 0; done < waiting.length; stuck++) {
            if (waiting[stuck] > 0) {
                return OptionalInt.of(stuck);
            }
        }
        return OptionalInt.empty();
    }

    /** The nodes whose results a node uses, itself or in bodies. */
    private static void collectNeeded(NodeProto node, Map<String, Integer> producers, Set<Integer> needed) {
        addProducers(node, producers, Set.of(), needed);
        Set<String> hidden = new HashSet<>();
        forEachBody(node, body -> collectNeeded(body, producers, hidden, needed));
    }

    /** @param hidden names of producers that bodies around this one use for something of their own */
    private static void collectNeeded(
            GraphProto body, Map<String, Integer> producers, Set<String> hidden, Set<Integer> needed) {
        Set<String> own = new HashSet<>();
        body.getInputList().forEach(input -> own.add(input.getName()));
        body.getInitializerList().forEach(tensor -> own.add(tensor.getName()));
        body.getNodeList().forEach(node -> own.addAll(node.getOutputList()));
        own.removeIf(name -> !producers.containsKey(name) || !hidden.add(name));
        for (NodeProto node : body.getNodeList()) {
            addProducers(node, producers, hidden, needed);
            forEachBody(node, inner -> collectNeeded(inner, producers, hidden, needed));
        }
        hidden.removeAll(own);
    }

    private static void addProducers(
            NodeProto node, Map<String, Integer> producers, Set<String> hidden, Set<Integer> needed) {
        for (String input : node.getInputList()) {
            Integer producer = producers.get(input);
            if (producer != null && !hidden.contains(input)) {
                needed.add(producer);
            }
        }
    }

    private static void forEachBody(NodeProto node, Consumer<GraphProto> action) {
        for (AttributeProto attribute : node.getAttributeList()) {
            if (attribute.hasG()) {
                action.accept(attribute.getG());
            }
            attribute.getGraphsList().forEach(action);
        }
    }
}
