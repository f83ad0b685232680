package dev.wsvd.adapter.onnx.internal.run;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.GraphScan;
import dev.wsvd.adapter.onnx.internal.graph.LayerForm;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import dev.wsvd.adapter.onnx.internal.rewrite.StageWriter;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.tensor.TensorInfo;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A model whose outputs are what layers of its main graph see and give, and what is added to that, and that computes no more than they need. A tensor
 * that is also an input of the model passes through an {@code Identity} first.
 */
public record WatchedGraph(
        ModelProto model,
        Map<LayerId, String> inputs,
        Map<LayerId, String> outputs,
        Map<LayerId, String> addends,
        Set<String> alive) {
    /** @param layers those to watch; others, and those that cannot be watched, are left out */
    public static WatchedGraph of(ModelProto model, Collection<LayerId> layers) {
        return new Watching(model, Map.of()).of(layers, false);
    }

    /**
     * The same, with what has to be remembered to go on before the first of the layers.
     *
     * @param layers none for the model's own outputs
     * @param known tensors that need not be computed, by name; what is watched of them is no output
     */
    public static WatchedGraph of(ModelProto model, Collection<LayerId> layers, Map<String, TensorInfo> known) {
        if (layers.isEmpty()) {
            Map<String, TensorInfo> inside = new HashMap<>(known);
            model.getGraph().getOutputList().forEach(output -> inside.remove(output.getName()));
            ModelProto rest = inside.isEmpty()
                    ? model
                    : model.toBuilder()
                            .setGraph(Ancestry.of(model.getGraph(), inside))
                            .build();
            return new WatchedGraph(rest, Map.of(), Map.of(), Map.of(), Set.of());
        }
        WatchedGraph watched = new Watching(model, known).of(layers, true);
        boolean nothingLeft = watched.model.getGraph().getOutputCount() == 0;
        return nothingLeft ? new Watching(model, Map.of()).of(layers, true) : watched;
    }

    /** Puts a graph together. */
    private static final class Watching {
        private final ModelProto model;
        private final Map<String, TensorInfo> known;
        private final Set<String> given;
        private final Map<String, ValueInfoProto> typed = new HashMap<>();
        private final Set<String> outputs = new HashSet<>();
        private final GraphProto.Builder out;

        Watching(ModelProto model, Map<String, TensorInfo> known) {
            this.model = model;
            this.known = known;
            GraphProto graph = model.getGraph();
            this.given =
                    graph.getInputList().stream().map(ValueInfoProto::getName).collect(Collectors.toSet());
            this.out = graph.toBuilder().clearOutput();
            graph.getOutputList().forEach(output -> typed.put(output.getName(), output));
        }

        WatchedGraph of(Collection<LayerId> layers, boolean onward) {
            Map<String, String> biased = biased(model.getGraph());
            Map<LayerId, String> seen = new HashMap<>();
            Map<LayerId, String> gives = new HashMap<>();
            Map<LayerId, String> added = new HashMap<>();
            GraphScan scan = GraphScan.of(model);
            ResidualSums sums = new ResidualSums(scan.root());
            List<LayerNode> watchable = scan.layers().stream()
                    .filter(layer -> layers.contains(layer.id()) && isWatchable(layer))
                    .toList();
            for (LayerNode layer : watchable) {
                seen.put(layer.id(), watched(layer.input()));
                String output = watched(biased.getOrDefault(layer.output(), layer.output()));
                if (Attributes.real(layer.node(), "alpha", 1) == 1 && addsConstant(layer)) {
                    gives.put(layer.id(), output);
                    sums.addend(layer).ifPresent(addend -> added.put(layer.id(), watched(addend)));
                }
            }
            Set<String> alive = watchable.stream().mapToInt(LayerNode::index).min().stream()
                    .filter(first -> onward)
                    .mapToObj(first -> Alive.before(model.getGraph(), first))
                    .findFirst()
                    .orElse(Set.of());
            alive.forEach(this::watched);
            ModelProto result = watchable.isEmpty()
                    ? model
                    : model.toBuilder()
                            .setGraph(Ancestry.of(out.build(), known))
                            .build();
            return new WatchedGraph(result, seen, gives, added, alive);
        }

        /** Makes a tensor an output. */
        private String watched(String name) {
            if (known.containsKey(name)) {
                return name;
            }
            boolean copied = given.contains(name);
            String output = copied ? name + "_wsvd_watched" : name;
            if (outputs.add(output)) {
                if (copied) {
                    out.addNode(NodeProto.newBuilder()
                            .setOpType("Identity")
                            .addInput(name)
                            .addOutput(output));
                }
                out.addOutput(typed.getOrDefault(
                        output, ValueInfoProto.newBuilder().setName(output).build()));
            }
            return output;
        }
    }

    /** By what a layer gives: the output of the {@code Add} that stands for its bias, where there is one. */
    private static Map<String, String> biased(GraphProto graph) {
        Map<String, String> outputs = new HashMap<>();
        for (NodeProto node : graph.getNodeList()) {
            boolean adds = node.getOpType().equals("Add") && node.getInputCount() > 0 && node.getOutputCount() > 0;
            if (adds && node.getInput(0).contains(StageWriter.UNCORRECTED)) {
                outputs.putIfAbsent(node.getInput(0), node.getOutput(0));
            }
        }
        return outputs;
    }

    /** Whether what is added, if anything is, does not depend on the inputs. */
    private static boolean addsConstant(LayerNode layer) {
        String added = layer.node().getInputCount() > 2 ? layer.node().getInput(2) : "";
        return added.isEmpty()
                || layer.scope()
                        .find(added)
                        .filter(definition -> definition instanceof Scope.Initializer
                                || definition instanceof Scope.Produced produced
                                        && produced.node().getOpType().equals("Constant"))
                        .isPresent();
    }

    private static boolean isWatchable(LayerNode layer) {
        boolean rows = layer.form() == LayerForm.CONV
                || layer.form() == LayerForm.MATMUL_RIGHT
                || layer.form() == LayerForm.GATHER
                || layer.form() == LayerForm.GEMM_RIGHT && Attributes.integer(layer.node(), "transA", 0) == 0;
        return rows && layer.scope().parent().isEmpty();
    }
}
