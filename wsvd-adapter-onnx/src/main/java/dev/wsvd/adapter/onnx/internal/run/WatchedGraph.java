package dev.wsvd.adapter.onnx.internal.run;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.ConstantResolver;
import dev.wsvd.adapter.onnx.internal.graph.GraphScan;
import dev.wsvd.adapter.onnx.internal.graph.LayerForm;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.graph.RecurrentNode;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import dev.wsvd.adapter.onnx.internal.graph.TimeFirst;
import dev.wsvd.adapter.onnx.internal.rewrite.StageWriter;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.tensor.TensorInfo;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A model whose outputs are what layers of its main graph see and give, and what is added to that, and that computes no more than they need. A tensor
 * that is also an input of the model passes through an {@code Identity} first. What stays inside a recurrent node is computed beside it.
 */
public record WatchedGraph(
        ModelProto model,
        Map<LayerId, String> inputs,
        Map<LayerId, String> outputs,
        Map<LayerId, String> addends,
        Set<String> alive) {
    /** @param layers those to watch; others, and those that cannot be watched, are left out */
    public static WatchedGraph of(ModelProto model, Collection<LayerId> layers) {
        return new Watching(model, Map.of()).of(layers);
    }

    /**
     * What a layer sees and is added to what it gives, and what has to be remembered to go on before it.
     *
     * @param known tensors that need not be computed, by name; what is watched of them is no output
     */
    public static WatchedGraph before(ModelProto model, LayerId layer, Map<String, TensorInfo> known) {
        return new Watching(model, known).before(layer);
    }

    /** The same of some layers with what they give, and what has to be remembered to go on behind the last of them. */
    public static WatchedGraph behind(ModelProto model, Collection<LayerId> layers, Map<String, TensorInfo> known) {
        return new Watching(model, known).behind(layers);
    }

    /** The model's own outputs. */
    public static WatchedGraph rest(ModelProto model, Map<String, TensorInfo> known) {
        Map<String, TensorInfo> inside = new HashMap<>(known);
        model.getGraph().getOutputList().forEach(output -> inside.remove(output.getName()));
        ModelProto rest = inside.isEmpty()
                ? model
                : model.toBuilder()
                        .setGraph(Ancestry.of(model.getGraph(), inside))
                        .build();
        return new WatchedGraph(rest, Map.of(), Map.of(), Map.of(), Set.of());
    }

    /** Puts a graph together. */
    private static final class Watching {
        private final ModelProto model;
        private final Map<String, TensorInfo> known;
        private final Set<String> given;
        private final Map<String, ValueInfoProto> typed = new HashMap<>();
        private final Set<String> outputs = new HashSet<>();
        private final Set<String> made = new HashSet<>();
        private final GraphProto.Builder out;
        private final GraphScan scan;
        private final ResidualSums sums;
        private final TimeFirst timeFirst;
        private final Map<String, String> biased;
        private final Map<String, String> scaled;
        private final Map<String, String> rounded;
        private final Map<LayerId, String> seen = new HashMap<>();
        private final Map<LayerId, String> gives = new HashMap<>();
        private final Map<LayerId, String> added = new HashMap<>();

        Watching(ModelProto model, Map<String, TensorInfo> known) {
            this.model = model;
            this.known = known;
            GraphProto graph = model.getGraph();
            this.given =
                    graph.getInputList().stream().map(ValueInfoProto::getName).collect(Collectors.toSet());
            this.out = graph.toBuilder().clearOutput();
            graph.getOutputList().forEach(output -> typed.put(output.getName(), output));
            this.scan = GraphScan.of(model);
            this.sums = new ResidualSums(scan.root());
            this.timeFirst = TimeFirst.of(scan.root());
            this.biased = biased(graph);
            this.scaled = scaled(graph);
            this.rounded = rounded(graph);
        }

        WatchedGraph of(Collection<LayerId> layers) {
            List<LayerNode> watchable = watchable(layers);
            watchable.forEach(this::see);
            watchable.forEach(this::give);
            return result(Set.of());
        }

        WatchedGraph before(LayerId layer) {
            return onward(watchable(List.of(layer)), 0);
        }

        WatchedGraph behind(Collection<LayerId> layers) {
            List<LayerNode> watchable = watchable(layers);
            watchable.forEach(this::give);
            return onward(watchable, 1);
        }

        private WatchedGraph onward(List<LayerNode> watchable, int further) {
            watchable.forEach(this::see);
            Set<String> alive = watchable.stream()
                    .map(node -> Alive.before(model.getGraph(), node.index() + further))
                    .reduce((earlier, last) -> last)
                    .orElse(Set.of());
            alive.forEach(this::watched);
            if (out.getOutputCount() == 0) {
                // There has to be something to run.
                seen.values().forEach(this::copied);
            }
            return result(alive);
        }

        private List<LayerNode> watchable(Collection<LayerId> layers) {
            return scan.layers().stream()
                    .filter(layer -> layers.contains(layer.id()) && isWatchable(layer))
                    .toList();
        }

        private void see(LayerNode layer) {
            if (layer.form().isRecurrent() || timeFirst.has(layer)) {
                RecurrentInputs inside = new RecurrentInputs(layer, timeFirst.has(layer));
                seen.put(layer.id(), shown(inside.samplesFirst(input(layer)), inside));
                return;
            }
            seen.put(layer.id(), watched(input(layer)));
            if (givesItsOwn(layer)) {
                sums.addend(layer).ifPresent(addend -> added.put(layer.id(), watched(addend)));
            }
        }

        /** What it reads; in int8, what was rounded for it. */
        private String input(LayerNode layer) {
            return rounded.getOrDefault(layer.input(), layer.input());
        }

        private void give(LayerNode layer) {
            if (!scaled.containsKey(layer.output()) && !givesItsOwn(layer)) {
                return;
            }
            RecurrentInputs inside = new RecurrentInputs(layer, timeFirst.has(layer));
            String own = scaled.getOrDefault(layer.output(), layer.output());
            String given = layer.form().isRecurrent()
                    ? inside.gates(inside.sequence())
                    : inside.samplesFirst(biased.getOrDefault(own, own));
            gives.put(layer.id(), shown(given, inside));
        }

        private WatchedGraph result(Set<String> alive) {
            ModelProto result = out.getOutputCount() == 0
                    ? model
                    : model.toBuilder()
                            .setGraph(Ancestry.of(out.build(), known))
                            .build();
            return new WatchedGraph(result, seen, gives, added, alive);
        }

        /** Makes a tensor that is there, or that nodes make, an output. */
        private String shown(String name, RecurrentInputs by) {
            if (by.nodes().isEmpty()) {
                return watched(name);
            }
            by.nodes().stream().filter(node -> made.add(node.getOutput(0))).forEach(out::addNode);
            return output(name);
        }

        /** Makes a tensor an output. */
        private String watched(String name) {
            if (known.containsKey(name)) {
                return name;
            }
            return given.contains(name) ? copied(name) : output(name);
        }

        /** Makes a copy of a tensor an output. */
        private String copied(String name) {
            String copy = name + "_wsvd_watched";
            if (!outputs.contains(copy)) {
                out.addNode(NodeProto.newBuilder()
                        .setOpType("Identity")
                        .addInput(name)
                        .addOutput(copy));
            }
            return output(copy);
        }

        private String output(String name) {
            if (outputs.add(name)) {
                out.addOutput(typed.getOrDefault(
                        name, ValueInfoProto.newBuilder().setName(name).build()));
            }
            return name;
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

    /** By the whole numbers that a product in int8 gives: the floats that they stand for. */
    private static Map<String, String> scaled(GraphProto graph) {
        Map<String, String> sums = new HashMap<>();
        Map<String, String> outputs = new HashMap<>();
        for (NodeProto node : graph.getNodeList()) {
            if (node.getInputCount() == 0 || node.getOutputCount() == 0) {
                continue;
            }
            String read = node.getInput(0);
            String given = node.getOutput(0);
            switch (node.getOpType()) {
                case "MatMulInteger" -> sums.put(given, given);
                case "Cast" -> Optional.ofNullable(sums.get(read)).ifPresent(sum -> sums.put(given, sum));
                case "Mul" -> Optional.ofNullable(sums.get(read)).ifPresent(sum -> outputs.put(sum, given));
                default -> {}
            }
        }
        return outputs;
    }

    /** By the whole numbers that a product in int8 takes: the floats that they were rounded from. */
    private static Map<String, String> rounded(GraphProto graph) {
        Map<String, String> inputs = new HashMap<>();
        for (NodeProto node : graph.getNodeList()) {
            boolean rounds = node.getOpType().equals("DynamicQuantizeLinear");
            if (rounds && node.getInputCount() > 0 && node.getOutputCount() > 0) {
                inputs.put(node.getOutput(0), node.getInput(0));
            }
        }
        return inputs;
    }

    private static boolean givesItsOwn(LayerNode layer) {
        return Attributes.real(layer.node(), "alpha", 1) == 1 && addsConstant(layer);
    }

    /** Whether what is added, if anything is, does not depend on the inputs. */
    private static boolean addsConstant(LayerNode layer) {
        if (layer.form().isRecurrent()) {
            String bias = RecurrentNode.bias(layer.node());
            return bias.isEmpty()
                    || new ConstantResolver().resolve(layer.scope(), bias).constant();
        }
        String added = layer.node().getInputCount() > 2 ? layer.node().getInput(2) : "";
        return added.isEmpty() || isStored(layer.scope(), added);
    }

    /** Also a bias in int8, that is made float, and one that several layers have by another name, as PyTorch writes equal ones. */
    private static boolean isStored(Scope scope, String name) {
        Scope.Definition definition = scope.find(name).orElse(null);
        if (definition instanceof Scope.Produced produced) {
            NodeProto node = produced.node();
            return switch (node.getOpType()) {
                case "Constant" -> true;
                case "DequantizeLinear", "Identity" -> isStored(scope, node.getInput(0));
                default -> false;
            };
        }
        return definition instanceof Scope.Initializer;
    }

    private static boolean isWatchable(LayerNode layer) {
        boolean rows = layer.form().isConv()
                || layer.form() == LayerForm.MATMUL_RIGHT
                || layer.form() == LayerForm.GATHER
                || layer.form() == LayerForm.RECURRENT_INPUT
                        && layer.unsupportedReason().isEmpty()
                || layer.form() == LayerForm.GEMM_RIGHT && Attributes.integer(layer.node(), "transA", 0) == 0;
        return rows && layer.scope().parent().isEmpty();
    }
}
