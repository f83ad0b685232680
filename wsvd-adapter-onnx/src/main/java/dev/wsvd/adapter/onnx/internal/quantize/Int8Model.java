package dev.wsvd.adapter.onnx.internal.quantize;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.graph.GraphScan;
import dev.wsvd.adapter.onnx.internal.graph.LayerForm;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.rewrite.Names;
import dev.wsvd.adapter.onnx.internal.rewrite.Provenance;
import dev.wsvd.adapter.onnx.internal.run.Ancestry;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.quantization.Quantization;
import dev.wsvd.domain.quantization.Quantization.Mode;
import dev.wsvd.domain.spi.Quantizable.Chain;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** A model on its way to int8. */
public final class Int8Model {
    private final ModelProto folded;
    private final GraphScan scan;
    private final Int8Layers layers;

    /** @throws InvalidInputException if the model's operators are too old */
    public Int8Model(ModelProto model, ExternalData external) {
        this.folded = FoldedNorms.in(RaisedOperators.of(model), external);
        this.scan = GraphScan.of(folded);
        this.layers = new Int8Layers(scan, external);
    }

    /** The model with normalisations folded. */
    public ModelProto folded() {
        return folded;
    }

    /** Names of layers that can be int8, in graph order. */
    public Set<LayerId> layers(Mode mode) {
        return layers.all(mode).stream().map(LayerNode::id).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** Why others cannot. */
    public Map<LayerId, String> refused(Mode mode) {
        return layers.refused(mode);
    }

    /** Layers that have their bias with them, or can get one there. */
    public Set<LayerId> biased() {
        return layers.all(Mode.STATIC).stream()
                .filter(layer -> layer.form() == LayerForm.CONV || layer.form() == LayerForm.GEMM_RIGHT)
                .map(LayerNode::id)
                .collect(Collectors.toSet());
    }

    /** Layers one behind the other. */
    public List<Chain> chains() {
        return Chains.of(scan.root(), layers.all(Mode.STATIC));
    }

    /** The folded model with other weights and biases. */
    public ModelProto reweighted(Map<LayerId, Weights> weights, Map<LayerId, float[]> biases) {
        return folded.toBuilder()
                .setGraph(QuantizedGraph.reweighted(scan, weights, biases))
                .build();
    }

    /** Tensors that are int8 with these layers, of those that share an encoding the first. */
    public Set<String> activations(Collection<LayerId> ids) {
        Set<String> all = Int8Tensors.of(scan.root(), nodes(ids));
        Map<String, String> owners = Int8Tensors.shared(scan.root(), all);
        Set<String> own = new LinkedHashSet<>(all);
        own.removeIf(name -> !owners.get(name).equals(name));
        return own;
    }

    private List<LayerNode> nodes(Collection<LayerId> ids) {
        return scan.layers().stream().filter(layer -> ids.contains(layer.id())).toList();
    }

    /** By tensor, the name of the output of {@link #observed} that holds it. */
    public Map<String, String> shown(Collection<String> tensors) {
        Set<String> inputs = folded.getGraph().getInputList().stream()
                .map(ValueInfoProto::getName)
                .collect(Collectors.toCollection(HashSet::new));
        Names names = new Names(scan.root());
        Map<String, String> shown = new LinkedHashMap<>();
        tensors.forEach(name -> shown.put(name, inputs.contains(name) ? names.take(name + "_shown") : name));
        return shown;
    }

    /** The model with tensors inside it as its outputs. */
    public ModelProto observed(Collection<String> tensors) {
        GraphProto.Builder out = folded.getGraph().toBuilder();
        Map<String, ValueInfoProto> declared = new LinkedHashMap<>();
        out.getOutputList().forEach(output -> declared.put(output.getName(), output));
        out.clearOutput();
        shown(tensors).forEach((name, output) -> {
            if (!output.equals(name)) {
                out.addNode(NodeProto.newBuilder()
                        .setOpType("Identity")
                        .addInput(name)
                        .addOutput(output));
            }
            out.addOutput(declared.getOrDefault(
                    output, ValueInfoProto.newBuilder().setName(output).build()));
        });
        return folded.toBuilder().setGraph(Ancestry.of(out.build())).build();
    }

    /** @throws InvalidInputException if a layer cannot be int8, or an activation has no encoding */
    public ModelProto with(Quantization quantization, String version) {
        Set<LayerId> possible = layers(quantization.mode());
        quantization.byId().keySet().stream()
                .filter(id -> !possible.contains(id))
                .findFirst()
                .ifPresent(id -> {
                    throw new InvalidInputException("Layer '" + id + "' cannot be int8: "
                            + refused(quantization.mode()).getOrDefault(id, "the model has no such layer") + ".");
                });
        GraphProto graph = quantization.mode() == Mode.STATIC
                ? new QdqWriter(scan, layers, nodes(quantization.byId().keySet()), quantization).write()
                : new DynamicWriter(scan, layers, quantization).write();
        ModelProto.Builder out = folded.toBuilder().setGraph(graph);
        Provenance.recordInt8(out, quantization, version);
        return out.build();
    }
}
