package dev.wsvd.adapter.onnx.internal.quantize;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.GraphScan;
import dev.wsvd.adapter.onnx.internal.graph.LayerForm;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.rewrite.StageWriter;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.quantization.Quantization;
import dev.wsvd.domain.quantization.QuantizedLayer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Products in int8 whose inputs' ranges are found in each run: {@code DynamicQuantizeLinear}, once per tensor, {@code MatMulInteger}, and
 * what makes float of its int32 with the scales of input and weight, which ONNX Runtime fuses into one node.
 */
final class DynamicWriter {
    private final GraphScan scan;
    private final Quantization quantization;
    private final Int8Layers layers;
    private final QuantizedGraph out;
    /** By tensor: its int8 values, scale and zero point. */
    private final Map<String, List<String>> quantized = new HashMap<>();

    DynamicWriter(GraphScan scan, Int8Layers layers, Quantization quantization) {
        this.scan = scan;
        this.layers = layers;
        this.quantization = quantization;
        this.out = new QuantizedGraph(scan.root());
    }

    GraphProto write() {
        GraphProto graph = scan.root().graph();
        Map<LayerId, QuantizedLayer> byId = quantization.byId();
        Map<Integer, LayerNode> byIndex = new HashMap<>();
        scan.layers().stream()
                .filter(layer -> byId.containsKey(layer.id()))
                .forEach(layer -> byIndex.put(layer.index(), layer));
        for (int index = 0; index < graph.getNodeCount(); index++) {
            LayerNode layer = byIndex.get(index);
            if (layer == null) {
                out.add(graph.getNode(index));
            } else if (layer.form() == LayerForm.GATHER) {
                out.lookup(
                        graph.getNode(index).toBuilder(),
                        layer,
                        byId.get(layer.id()).weights(),
                        layer.output());
            } else {
                product(layer, byId.get(layer.id()));
            }
        }
        return out.build();
    }

    private void product(LayerNode layer, QuantizedLayer to) {
        String called =
                layer.node().getName().isBlank() ? layer.output() : layer.node().getName();
        List<String> input = quantized.computeIfAbsent(layer.input(), this::quantize);
        QuantizedGraph.Stored weight = out.weight(layer, to.weights(), true);
        Optional<float[]> own = Int8Layers.hasThird(layer) ? layers.bias(layer) : Optional.empty();
        Optional<float[]> bias =
                layer.form() == LayerForm.GEMM_RIGHT ? to.bias().or(() -> own) : Optional.empty();
        String sums = out.name(called + "_int32");
        String whole = out.name(called + "_float");
        String scales = out.name(called + "_scales");
        String product = bias.isPresent() ? out.name(layer.output() + StageWriter.UNCORRECTED) : layer.output();
        out.add(NodeProto.newBuilder()
                .setOpType("MatMulInteger")
                .setName(called)
                .addAllInput(List.of(input.get(0), weight.values(), input.get(2), weight.zeros()))
                .addOutput(sums)
                .build());
        out.add(out.node("Cast", called + "_Cast", List.of(sums), List.of(whole))
                .addAttribute(Attributes.integer("to", ElementTypes.FLOAT))
                .build());
        out.add(out.node("Mul", called + "_Mul_scales", List.of(input.get(1), weight.scales()), List.of(scales))
                .build());
        out.add(out.node("Mul", called + "_Mul", List.of(whole, scales), List.of(product))
                .build());
        bias.ifPresent(values -> {
            if (Int8Layers.hasThird(layer)) {
                out.leave(layer.node().getInput(2));
            }
            String stored = out.vector(called + "_bias", values);
            out.add(out.node("Add", called + "_Add", List.of(product, stored), List.of(layer.output()))
                    .build());
        });
    }

    private List<String> quantize(String name) {
        List<String> made =
                List.of(out.name(name + "_quantized"), out.name(name + "_scale"), out.name(name + "_zero_point"));
        out.add(out.node("DynamicQuantizeLinear", name + "_DynamicQuantizeLinear", List.of(name), made)
                .build());
        return made;
    }
}
