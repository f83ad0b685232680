package dev.wsvd.adapter.onnx.internal.quantize;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.GraphScan;
import dev.wsvd.adapter.onnx.internal.graph.LayerForm;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.quantization.Encoding;
import dev.wsvd.domain.quantization.Quantization;
import dev.wsvd.domain.quantization.QuantizedLayer;
import dev.wsvd.domain.quantization.QuantizedWeights;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Layers in int8 with encodings that are known: each int8 tensor passes a {@code QuantizeLinear} and a {@code DequantizeLinear}, weights a
 * {@code DequantizeLinear} with a scale per output channel, biases one of int32 whose scales are those of input times weight. Engines
 * fuse these into nodes that compute in int8; one that does not computes the same in float.
 */
final class QdqWriter {
    /** Leaves room in 32 bits for the sum that it is added to. */
    private static final float LARGEST_BIAS = 1 << 30;

    private final GraphScan scan;
    private final Quantization quantization;
    private final Int8Layers layers;
    private final QuantizedGraph out;
    private final Set<String> outputs = new HashSet<>();
    private final Set<String> int8;
    private final Map<String, String> owners;
    /** Names of scale and zero point by the tensor that owns them. */
    private final Map<String, List<String>> encodings = new HashMap<>();
    /** What readers of an int8 tensor read. */
    private final Map<String, String> read = new HashMap<>();

    QdqWriter(GraphScan scan, Int8Layers layers, List<LayerNode> quantized, Quantization quantization) {
        this.scan = scan;
        this.layers = layers;
        this.quantization = quantization;
        this.out = new QuantizedGraph(scan.root());
        this.int8 = Int8Tensors.of(scan.root(), quantized);
        this.owners = Int8Tensors.shared(scan.root(), int8);
        scan.root().graph().getOutputList().forEach(output -> outputs.add(output.getName()));
    }

    GraphProto write() {
        GraphProto graph = scan.root().graph();
        Map<Integer, LayerNode> byIndex = new HashMap<>();
        Map<LayerId, QuantizedLayer> byId = quantization.byId();
        scan.layers().stream()
                .filter(layer -> byId.containsKey(layer.id()))
                .forEach(layer -> byIndex.put(layer.index(), layer));
        graph.getInputList().stream()
                .map(input -> input.getName())
                .filter(int8::contains)
                .forEach(name -> quantize(name, name));
        for (int index = 0; index < graph.getNodeCount(); index++) {
            NodeProto.Builder node = graph.getNode(index).toBuilder();
            for (int i = 0; i < node.getInputCount(); i++) {
                node.setInput(i, read.getOrDefault(node.getInput(i), node.getInput(i)));
            }
            LayerNode layer = byIndex.get(index);
            if (layer != null && layer.form() == LayerForm.GATHER) {
                String made = made(layer.output());
                out.lookup(node, layer, byId.get(layer.id()).weights(), made);
                if (int8.contains(layer.output())) {
                    quantize(layer.output(), made);
                }
                continue;
            }
            if (layer != null) {
                layer(node, layer, byId.get(layer.id()));
            }
            if (layer != null && node.getName().isBlank()) {
                // What it is called by may not be its output any more.
                node.setName(layer.output());
            }
            Map<String, String> given = new LinkedHashMap<>();
            for (int i = 0; i < node.getOutputCount(); i++) {
                String name = node.getOutput(i);
                if (int8.contains(name)) {
                    given.put(name, made(name));
                    node.setOutput(i, given.get(name));
                }
            }
            out.add(node.build());
            given.forEach(this::quantize);
        }
        return out.build();
    }

    /** What a node gives in the place of a tensor: of an output that is int8 inside, something else. */
    private String made(String name) {
        return int8.contains(name) && outputs.contains(name) ? out.name(name + "_float") : name;
    }

    /** @param made name of what is quantised; readers of the tensor read what comes of that */
    private void quantize(String name, String made) {
        List<String> encoding = encoding(name);
        String quantized = out.name(name + "_quantized");
        String back = made.equals(name) ? out.name(name + "_dequantized") : name;
        out.add(out.node(
                        "QuantizeLinear",
                        name + "_QuantizeLinear",
                        List.of(made, encoding.get(0), encoding.get(1)),
                        List.of(quantized))
                .build());
        out.add(out.node(
                        "DequantizeLinear",
                        name + "_DequantizeLinear",
                        List.of(quantized, encoding.get(0), encoding.get(1)),
                        List.of(back))
                .build());
        read.put(name, back);
    }

    private List<String> encoding(String name) {
        return encodings.computeIfAbsent(owners.get(name), owner -> {
            Encoding encoding = known(owner);
            return List.of(
                    out.floats(owner + "_scale", encoding.scale()),
                    out.uint8(owner + "_zero_point", encoding.zeroPoint()));
        });
    }

    private Encoding known(String name) {
        return Optional.ofNullable(quantization.activations().get(owners.get(name)))
                .orElseThrow(() -> new InvalidInputException("The tensor '" + owners.get(name) + "' has no encoding."));
    }

    private void layer(NodeProto.Builder node, LayerNode layer, QuantizedLayer quantized) {
        Optional<float[]> own = Int8Layers.hasThird(layer) ? layers.bias(layer) : Optional.empty();
        Optional<float[]> bias = layer.node().getOpType().equals("MatMul")
                ? Optional.empty()
                : quantized.bias().or(() -> own);
        float input = known(layer.input()).scale();
        QuantizedWeights weights = bias.map(values -> withRoomFor(values, input, quantized.weights()))
                .orElse(quantized.weights());
        QuantizedGraph.Stored weight = out.weight(layer, weights, false);
        node.setInput(
                1,
                dequantized(
                        layer.id().name() + "_weight",
                        List.of(weight.values(), weight.scales(), weight.zeros()),
                        QuantizedGraph.axis(layer)));
        if (bias.isPresent()) {
            if (Int8Layers.hasThird(layer)) {
                out.leave(layer.node().getInput(2));
            }
            String stored = bias(layer, weights.scales(), input, bias.get());
            if (node.getInputCount() > 2) {
                node.setInput(2, stored);
            } else {
                node.addInput(stored);
            }
        }
    }

    /**
     * Weights so small that the bias, in steps of theirs, would not fit into 32 bits get larger steps; those that are all zero the ones
     * that tell the bias best.
     */
    private static QuantizedWeights withRoomFor(float[] bias, float input, QuantizedWeights weights) {
        byte[] values = weights.values().clone();
        float[] scales = weights.scales().clone();
        int row = values.length / scales.length;
        for (int i = 0; i < scales.length; i++) {
            float least = Math.abs(bias[i]) / LARGEST_BIAS / input;
            boolean zeros = IntStream.range(i * row, (i + 1) * row).allMatch(j -> weights.values()[j] == 0);
            if (scales[i] < least || least > 0 && zeros) {
                for (int j = i * row; j < (i + 1) * row; j++) {
                    values[j] = (byte) Math.rint(values[j] * (scales[i] / least));
                }
                scales[i] = least;
            }
        }
        return new QuantizedWeights(weights.shape(), values, scales);
    }

    private String bias(LayerNode layer, float[] weights, float input, float[] bias) {
        float[] scales = new float[bias.length];
        int[] values = new int[bias.length];
        for (int i = 0; i < values.length; i++) {
            scales[i] = weights[i] * input;
            values[i] = (int) Math.rint(bias[i] / scales[i]);
        }
        String called = layer.id().name() + "_bias";
        return dequantized(
                called,
                List.of(
                        out.int32(called + "_quantized", values),
                        out.vector(called + "_scale", scales),
                        out.int32(called + "_zero_point", new int[values.length])),
                0);
    }

    private String dequantized(String called, List<String> inputs, long axis) {
        String name = out.name(called + "_dequantized");
        out.add(out.node("DequantizeLinear", called + "_DequantizeLinear", inputs, List.of(name))
                .addAttribute(Attributes.integer("axis", axis))
                .build());
        return name;
    }
}
