package dev.wsvd.adapter.onnx.internal.quantize;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.adapter.onnx.internal.graph.ConstantResolver;
import dev.wsvd.adapter.onnx.internal.graph.LayerForm;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which tensors of a main graph are int8 if some layers are: what these read and convolutions give, and what lies between, so that ONNX
 * Runtime computes sums, pools and the like in int8 too instead of going to float and back. A ReLU or Clip that alone takes what a
 * node gives is part of it.
 */
final class Int8Tensors {
    private static final Set<String> ACTIVATIONS = Set.of("Relu", "Clip");
    private static final Set<String> SUMS = Set.of("Add", "Mul");
    private static final Set<String> POOLS = Set.of("GlobalAveragePool", "AveragePool", "LeakyRelu", "Sigmoid");
    /** What they give is what they read, elsewhere. */
    private static final Set<String> MOVES =
            Set.of("MaxPool", "Flatten", "Reshape", "Transpose", "Squeeze", "Unsqueeze");

    private static final String CONCAT = "Concat";

    private final GraphProto graph;
    private final Scope root;
    private final ConstantResolver constants = new ConstantResolver();
    private final Map<String, List<NodeProto>> readers = new HashMap<>();
    private final Set<String> outputs = new HashSet<>();
    private final Set<String> layers = new HashSet<>();
    private final Set<String> int8 = new LinkedHashSet<>();

    private Int8Tensors(Scope root) {
        this.root = root;
        this.graph = root.graph();
        for (NodeProto node : graph.getNodeList()) {
            node.getInputList().stream()
                    .distinct()
                    .forEach(name -> readers.computeIfAbsent(name, key -> new ArrayList<>())
                            .add(node));
        }
        graph.getOutputList().forEach(output -> outputs.add(output.getName()));
    }

    /** Names of the tensors, in graph order. */
    static Set<String> of(Scope root, List<LayerNode> quantized) {
        Int8Tensors tensors = new Int8Tensors(root);
        tensors.begin(quantized);
        tensors.spread();
        return tensors.int8;
    }

    /** By tensor, the one before it whose encoding it shares; itself if it has one of its own. */
    static Map<String, String> shared(Scope root, Set<String> int8) {
        Map<String, String> owner = new HashMap<>();
        int8.forEach(name -> owner.put(name, name));
        for (NodeProto node : root.graph().getNodeList()) {
            if (isMove(node) && owner.containsKey(node.getInput(0)) && owner.containsKey(node.getOutput(0))) {
                owner.put(node.getOutput(0), owner.get(node.getInput(0)));
            }
        }
        return owner;
    }

    private void begin(List<LayerNode> quantized) {
        List<LayerNode> computing = quantized.stream()
                .filter(layer -> layer.form() != LayerForm.GATHER)
                .toList();
        for (LayerNode layer : computing) {
            layers.add(layer.output());
            int8.add(layer.input());
            if (layer.form() == LayerForm.CONV) {
                int8.add(activated(layer.output()));
            }
        }
        for (LayerNode layer : computing) {
            String given = activated(layer.output());
            if (layer.form() != LayerForm.CONV && feedsInt8(given)) {
                int8.add(given);
            }
        }
    }

    private void spread() {
        boolean changed = true;
        while (changed) {
            changed = false;
            for (NodeProto node : graph.getNodeList()) {
                changed |= spread(node);
            }
        }
    }

    private boolean spread(NodeProto node) {
        if (node.getOutputCount() == 0 || node.getInputCount() == 0 || !canBeInt8(node)) {
            return false;
        }
        String given = activated(node.getOutput(0));
        List<String> read = operands(node);
        boolean all = !read.isEmpty() && int8.containsAll(read);
        if (all) {
            return feedsInt8(given) && int8.add(given);
        }
        boolean sum = SUMS.contains(node.getOpType()) || node.getOpType().equals(CONCAT);
        boolean joins = sum && int8.contains(given) && read.stream().anyMatch(int8::contains);
        return joins && int8.addAll(read);
    }

    /** What of it is computed from the inputs; empty if it also reads something that is stored and would have to be int8. */
    private List<String> operands(NodeProto node) {
        if (!SUMS.contains(node.getOpType()) && !node.getOpType().equals(CONCAT)) {
            return List.of(node.getInput(0));
        }
        boolean stored = node.getInputList().stream()
                .anyMatch(name -> constants.resolve(root, name).constant());
        return stored ? List.of() : node.getInputList();
    }

    private boolean canBeInt8(NodeProto node) {
        String type = node.getOpType();
        return ConstantResolver.isStandard(node)
                && (SUMS.contains(type) || POOLS.contains(type) || type.equals(CONCAT) || isMove(node));
    }

    private static boolean isMove(NodeProto node) {
        return MOVES.contains(node.getOpType()) && node.getOutputCount() == 1;
    }

    private boolean feedsInt8(String name) {
        return readers.getOrDefault(name, List.of()).stream()
                .anyMatch(node -> canBeInt8(node) && !operands(node).isEmpty()
                        || node.getOutputCount() > 0 && layers.contains(node.getOutput(0)));
    }

    private String activated(String given) {
        List<NodeProto> takers = readers.getOrDefault(given, List.of());
        boolean alone = takers.size() == 1 && !outputs.contains(given);
        return alone
                        && ACTIVATIONS.contains(takers.get(0).getOpType())
                        && takers.get(0).getInput(0).equals(given)
                ? takers.get(0).getOutput(0)
                : given;
    }
}
