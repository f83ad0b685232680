package dev.wsvd.adapter.onnx.internal.run;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.ConstantTensor;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.graph.RecurrentNode;
import dev.wsvd.adapter.onnx.internal.graph.SequenceBarrier;
import dev.wsvd.adapter.onnx.internal.graph.StoredArray;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Nodes that show sequences with the samples first, and what the input weight of a recurrent node makes of them for each step, which the
 * node keeps to itself: W x + b.
 */
final class RecurrentInputs {
    private static final String SEQUENCE = "_wsvd_samples_first";
    private static final String GATES = "_wsvd_gates";

    private final LayerNode layer;
    private final boolean timeFirst;
    private final List<NodeProto> nodes = new ArrayList<>();

    /**
     * @param layer a recurrent node by its input weight, or a product ahead of one
     * @param timeFirst whether the second dim of what it sees counts the samples
     */
    RecurrentInputs(LayerNode layer, boolean timeFirst) {
        this.layer = layer;
        this.timeFirst = timeFirst;
    }

    /** Those added so far. */
    List<NodeProto> nodes() {
        return nodes;
    }

    /** What it sees, [samples][steps][m]. */
    String sequence() {
        return samplesFirst(layer.input());
    }

    /** A sequence that it sees or gives, [samples][steps]…. */
    String samplesFirst(String sequence) {
        return timeFirst
                ? add(
                        sequence + SEQUENCE,
                        node("Transpose", sequence).addAttribute(Attributes.integers("perm", List.of(1L, 0L, 2L))))
                : sequence;
    }

    /** W x + b, [samples][steps][directions·gates·H]. */
    String gates(String sequence) {
        String name = layer.output() + GATES;
        String apart = apart(sequence, name + "_apart");
        String rows = add(name + "_rows", node("Flatten", layer.weight()).addAttribute(Attributes.integer("axis", 2)));
        String columns = add(
                name + "_columns", node("Transpose", rows).addAttribute(Attributes.integers("perm", List.of(1L, 0L))));
        String bias = RecurrentNode.bias(layer.node());
        if (bias.isEmpty()) {
            return add(name, node("MatMul", apart, columns));
        }
        long perDirection = layer.constant().orElseThrow().dims().get(1);
        TensorProto first = StoredArray.of(
                        List.of(perDirection), LongStream.range(0, perDirection).toArray())
                .tensor(name + "_first");
        nodes.add(ConstantTensor.node(first));
        String product = add(name + "_product", node("MatMul", apart, columns));
        String picked = add(
                name + "_picked", node("Gather", bias, first.getName()).addAttribute(Attributes.integer("axis", 1)));
        String row = add(name + "_row", node("Flatten", picked).addAttribute(Attributes.integer("axis", 0)));
        return add(name, node("Add", product, row));
    }

    private String apart(String sequence, String name) {
        if (!SequenceBarrier.isNeeded(layer, timeFirst)) {
            return sequence;
        }
        nodes.add(SequenceBarrier.node(sequence, name));
        return name;
    }

    private static NodeProto.Builder node(String operator, String... inputs) {
        return NodeProto.newBuilder().setOpType(operator).addAllInput(List.of(inputs));
    }

    private String add(String output, NodeProto.Builder node) {
        nodes.add(node.addOutput(output).build());
        return output;
    }
}
