package dev.wsvd.adapter.onnx.internal.quantize;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.ConstantTensor;
import dev.wsvd.adapter.onnx.internal.graph.GraphScan;
import dev.wsvd.adapter.onnx.internal.graph.LayerForm;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import dev.wsvd.adapter.onnx.internal.graph.StoredArray;
import dev.wsvd.adapter.onnx.internal.rewrite.Leftovers;
import dev.wsvd.adapter.onnx.internal.rewrite.Names;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.quantization.QuantizedWeights;
import dev.wsvd.domain.tensor.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A main graph while its layers become int8: nodes in order, stored tensors, names. */
final class QuantizedGraph {
    private static final int INT8 = ElementTypes.number(ElementType.INT8);
    private static final int UINT8 = ElementTypes.number(ElementType.UINT8);
    private static final int INT32 = ElementTypes.number(ElementType.INT32);

    /** A weight as it is stored: names of its values, scales and zero points. */
    record Stored(String values, String scales, String zeros) {}

    private final Scope root;
    private final Names names;
    private final List<NodeProto> nodes = new ArrayList<>();
    private final List<TensorProto> added = new ArrayList<>();
    private final Set<String> maybeUnused = new HashSet<>();
    /** Layers whose weight is one tensor have it once. */
    private final Map<List<Object>, Stored> weights = new HashMap<>();

    QuantizedGraph(Scope root) {
        this.root = root;
        this.names = new Names(root);
    }

    String name(String wanted) {
        return names.take(wanted);
    }

    void add(NodeProto node) {
        nodes.add(node);
    }

    /** A node of ONNX's own operators. */
    NodeProto.Builder node(String type, String wanted, List<String> inputs, List<String> outputs) {
        return NodeProto.newBuilder()
                .setOpType(type)
                .setName(names.take(wanted))
                .addAllInput(inputs)
                .addAllOutput(outputs);
    }

    String floats(String wanted, float... values) {
        List<Long> dims = values.length == 1 ? List.of() : List.of((long) values.length);
        return store(wanted, StoredArray.of(ElementTypes.FLOAT, dims, values));
    }

    /** By output channel, a vector also of one. */
    String vector(String wanted, float[] values) {
        return store(wanted, StoredArray.of(ElementTypes.FLOAT, List.of((long) values.length), values));
    }

    String uint8(String wanted, int value) {
        return store(wanted, new StoredArray(UINT8, List.of(), new byte[] {(byte) value}));
    }

    String int32(String wanted, int[] values) {
        ByteBuffer data = ByteBuffer.allocate(values.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        data.asIntBuffer().put(values);
        return store(wanted, new StoredArray(INT32, List.of((long) values.length), data.array()));
    }

    private String store(String wanted, StoredArray array) {
        String name = names.take(wanted);
        added.add(array.tensor(name));
        return name;
    }

    /**
     * A layer's weight, in the order in which its node reads it or, for products, as W[m][n].
     *
     * @param inputsFirst whether a product's weight is to be W[m][n] whatever its node's attributes say
     */
    Stored weight(LayerNode layer, QuantizedWeights weights, boolean inputsFirst) {
        ConstantTensor constant = layer.constant().orElseThrow();
        constant.links().forEach(link -> maybeUnused.add(link.name()));
        String source = constant.links().get(constant.links().size() - 1).name();
        boolean turned = layer.form() != LayerForm.CONV && (inputsFirst || layer.weightTransposed());
        List<Object> key = List.of(
                source,
                turned,
                constant.permutation(),
                ByteBuffer.wrap(weights.values()),
                FloatBuffer.wrap(weights.scales()));
        return this.weights.computeIfAbsent(key, absent -> stored(layer, weights, turned));
    }

    private Stored stored(LayerNode layer, QuantizedWeights weights, boolean turned) {
        String called = layer.id().name() + "_weight";
        List<Long> dims =
                weights.shape().dims().stream().map(Integer::longValue).toList();
        StoredArray values = new StoredArray(INT8, dims, weights.values());
        int n = weights.shape().out();
        return new Stored(
                store(called + "_quantized", turned ? values.permuted(List.of(1, 0)) : values),
                vector(called + "_scale", weights.scales()),
                store(called + "_zero_point", new StoredArray(INT8, List.of((long) n), new byte[n])));
    }

    /** A graph with other weights and biases, in float32. */
    static GraphProto reweighted(GraphScan scan, Map<LayerId, Weights> weights, Map<LayerId, float[]> biases) {
        QuantizedGraph out = new QuantizedGraph(scan.root());
        Map<Integer, LayerNode> byIndex = new HashMap<>();
        scan.layers().stream()
                .filter(layer -> layer.scope() == scan.root())
                .forEach(layer -> byIndex.put(layer.index(), layer));
        for (int index = 0; index < scan.root().graph().getNodeCount(); index++) {
            NodeProto.Builder node = scan.root().graph().getNode(index).toBuilder();
            LayerNode layer = byIndex.get(index);
            if (layer != null && weights.containsKey(layer.id())) {
                node.setInput(weightOperand(layer), out.weight(layer, weights.get(layer.id())));
            }
            if (layer != null && biases.containsKey(layer.id())) {
                String bias = out.vector(layer.id().name() + "_bias", biases.get(layer.id()));
                if (Int8Layers.hasThird(layer)) {
                    out.leave(node.getInput(2));
                    node.setInput(2, bias);
                } else {
                    node.addInput(bias);
                }
            }
            out.add(node.build());
        }
        return out.build();
    }

    private String weight(LayerNode layer, Weights weights) {
        layer.constant().orElseThrow().links().forEach(link -> maybeUnused.add(link.name()));
        List<Long> dims =
                weights.shape().dims().stream().map(Integer::longValue).toList();
        StoredArray values = StoredArray.of(ElementTypes.FLOAT, dims, weights.all());
        boolean turned = layer.form() != LayerForm.CONV && layer.weightTransposed();
        return store(layer.id().name() + "_weight", turned ? values.permuted(List.of(1, 0)) : values);
    }

    /** What was stored for an operand may be needed by nobody any more. */
    void leave(String name) {
        maybeUnused.add(name);
    }

    /**
     * A lookup in an int8 table, and what makes float of the rows that were found.
     *
     * @param made name of these
     */
    void lookup(NodeProto.Builder node, LayerNode layer, QuantizedWeights weights, String made) {
        Stored stored = weight(layer, weights, false);
        String rows = names.take(layer.output() + "_quantized");
        if (node.getName().isBlank()) {
            // What it is called by is not its output any more.
            node.setName(layer.output());
        }
        add(node.setInput(0, stored.values()).setOutput(0, rows).build());
        add(node(
                        "DequantizeLinear",
                        layer.output() + "_DequantizeLinear",
                        List.of(rows, stored.scales(), stored.zeros()),
                        List.of(made))
                .addAttribute(Attributes.integer("axis", -1))
                .build());
    }

    private static int weightOperand(LayerNode layer) {
        return layer.form() == LayerForm.GATHER ? 0 : 1;
    }

    /** The axis of a node's weight that counts output channels. */
    static long axis(LayerNode layer) {
        return layer.form() == LayerForm.CONV || !layer.weightTransposed() ? 0 : 1;
    }

    GraphProto build() {
        GraphProto.Builder out = root.graph().toBuilder().clearNode().addAllNode(nodes);
        out.addAllInitializer(added);
        return Leftovers.removed(out.build(), maybeUnused);
    }
}
