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
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * A model whose outputs are what layers of its main graph see and give, and what is added to that, and that computes no more than they need. A tensor
 * that is also an input of the model passes through an {@code Identity} first.
 */
public record WatchedGraph(
        ModelProto model, Map<LayerId, String> inputs, Map<LayerId, String> outputs, Map<LayerId, String> addends) {
    /** @param layers those to watch; others, and those that cannot be watched, are left out */
    public static WatchedGraph of(ModelProto model, Collection<LayerId> layers) {
        GraphProto graph = model.getGraph();
        Set<String> given =
                graph.getInputList().stream().map(ValueInfoProto::getName).collect(Collectors.toSet());
        Map<String, ValueInfoProto> typed = new HashMap<>();
        graph.getOutputList().forEach(output -> typed.put(output.getName(), output));
        Set<String> outputs = new HashSet<>();
        GraphProto.Builder out = graph.toBuilder().clearOutput();
        Map<String, String> biased = biased(graph);
        Map<LayerId, String> seen = new HashMap<>();
        Map<LayerId, String> gives = new HashMap<>();
        Map<LayerId, String> added = new HashMap<>();
        GraphScan scan = GraphScan.of(model);
        ResidualSums sums = new ResidualSums(scan.root());
        for (LayerNode layer : scan.layers()) {
            if (!layers.contains(layer.id()) || !isWatchable(layer)) {
                continue;
            }
            UnaryOperator<String> watched = name -> {
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
            };
            seen.put(layer.id(), watched.apply(layer.input()));
            String output = watched.apply(biased.getOrDefault(layer.output(), layer.output()));
            if (Attributes.real(layer.node(), "alpha", 1) == 1 && addsConstant(layer)) {
                gives.put(layer.id(), output);
                sums.addend(layer).ifPresent(addend -> added.put(layer.id(), watched.apply(addend)));
            }
        }
        ModelProto result = outputs.isEmpty()
                ? model
                : model.toBuilder().setGraph(Ancestry.of(out.build())).build();
        return new WatchedGraph(result, seen, gives, added);
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
