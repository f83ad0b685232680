package dev.wsvd.adapter.onnx.internal.run;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.graph.Bodies;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Parts of a graph whose weights are not too large, cut where few tensors have to be remembered. */
final class GraphParts {
    private final GraphProto graph;
    private final Map<String, Long> stored = new HashMap<>();

    GraphParts(GraphProto graph) {
        this.graph = graph;
        graph.getInitializerList().forEach(tensor -> stored.put(tensor.getName(), bytes(tensor)));
        graph.getNodeList().stream()
                .filter(GraphParts::isConstant)
                .forEach(node -> stored.put(node.getOutput(0), held(node)));
    }

    /** What all weights take in float32. */
    long weightBytes() {
        return stored.values().stream().mapToLong(Long::longValue).sum()
                + graph.getNodeList().stream()
                        .filter(node -> !isConstant(node))
                        .mapToLong(GraphParts::held)
                        .sum();
    }

    /** Every part that reads what it gives has it. */
    private static boolean isConstant(NodeProto node) {
        return node.getOpType().equals("Constant") && node.getOutputCount() == 1;
    }

    /** What a node holds itself, in attributes or in bodies. */
    private static long held(NodeProto node) {
        long bytes = 0;
        for (AttributeProto attribute : node.getAttributeList()) {
            bytes += attribute.hasT() ? bytes(attribute.getT()) : 0;
        }
        for (GraphProto body : Bodies.of(node)) {
            bytes += body.getNodeList().stream().mapToLong(GraphParts::held).sum();
            bytes += body.getInitializerList().stream()
                    .mapToLong(GraphParts::bytes)
                    .sum();
        }
        return bytes;
    }

    /** ONNX Runtime computes in float32 on the CPU. */
    private static long bytes(TensorProto tensor) {
        long elements = tensor.getDimsList().stream().reduce(1L, (a, b) -> a * b);
        int bits = ElementTypes.bits(tensor.getDataType());
        return elements * (ElementTypes.isFloating(tensor) ? Math.max(Float.SIZE, bits) : bits) / Byte.SIZE;
    }

    /**
     * Where parts end, as indices behind their last nodes.
     *
     * @param most what the weights of a part may take, unless those of a single node take more
     */
    List<Integer> ends(long most) {
        int[] alive = aliveBefore();
        List<Integer> ends = new ArrayList<>();
        int start = 0;
        while (start < graph.getNodeCount()) {
            start = end(start, most, alive);
            ends.add(start);
        }
        return ends;
    }

    /** Of the places where a part has at least half of what it may have, the last with fewest tensors alive. */
    private int end(int start, long most, int[] alive) {
        Set<String> loaded = new HashSet<>();
        long bytes = 0;
        int best = start + 1;
        for (int i = start; i < graph.getNodeCount(); i++) {
            long more = newly(graph.getNode(i), loaded);
            if (more > 0 && bytes + more > most && i > start) {
                return best;
            }
            bytes += more;
            boolean isNarrower = bytes <= most / 2 || alive[i + 1] <= alive[best];
            best = isNarrower ? i + 1 : best;
        }
        return graph.getNodeCount();
    }

    private long newly(NodeProto node, Set<String> loaded) {
        long[] bytes = {isConstant(node) ? 0 : held(node)};
        Ancestry.uses(node, name -> bytes[0] += loaded.add(name) ? stored.getOrDefault(name, 0L) : 0);
        return bytes[0];
    }

    /** How many tensors that nodes make are needed behind each index. */
    private int[] aliveBefore() {
        int end = graph.getNodeCount();
        Map<String, Integer> lastUse = new HashMap<>();
        for (int i = 0; i < end; i++) {
            int at = i;
            Ancestry.uses(graph.getNode(i), name -> lastUse.put(name, at));
        }
        graph.getOutputList().forEach(output -> lastUse.put(output.getName(), end));
        int[] changes = new int[end + 1];
        for (int i = 0; i < end; i++) {
            for (String made : graph.getNode(i).getOutputList()) {
                if (!stored.containsKey(made) && lastUse.getOrDefault(made, i) > i) {
                    changes[i + 1]++;
                    if (lastUse.get(made) < end) {
                        changes[lastUse.get(made) + 1]--;
                    }
                }
            }
        }
        Arrays.parallelPrefix(changes, Integer::sum);
        return changes;
    }
}
