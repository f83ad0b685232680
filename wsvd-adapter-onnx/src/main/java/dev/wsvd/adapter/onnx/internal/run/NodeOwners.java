package dev.wsvd.adapter.onnx.internal.run;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.adapter.onnx.internal.engine.RunProfile;
import dev.wsvd.adapter.onnx.internal.graph.GraphScan;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.domain.layer.LayerId;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which layer the time of a node counts for: the node's own, else the last one that it depends on. What ONNX Runtime makes of nodes is
 * called after one of them, or after the tensor that it gives; what is called after neither follows the one before it.
 */
final class NodeOwners {
    private static final Pattern NUMBERED = Pattern.compile("#([0-9]+)#");
    private static final String BLOCKED = "_nchwc";

    private final Map<Integer, LayerId> layers = new HashMap<>();
    private final Map<String, Integer> makers = new HashMap<>();
    /** By node the node of the layer, or −1. */
    private final int[] owners;

    private NodeOwners(GraphProto graph, GraphScan scan) {
        for (LayerNode layer : scan.layers()) {
            if (layer.scope() == scan.root()) {
                layers.putIfAbsent(layer.index(), layer.id());
            }
        }
        this.owners = new int[graph.getNodeCount()];
        for (int i = 0; i < owners.length; i++) {
            NodeProto node = graph.getNode(i);
            int number = i;
            owners[i] = layers.containsKey(i) ? i : lastBefore(node);
            node.getOutputList().forEach(output -> makers.put(output, number));
        }
    }

    private int lastBefore(NodeProto node) {
        int[] last = {-1};
        Ancestry.uses(node, name -> {
            Integer maker = makers.get(name);
            if (maker != null) {
                last[0] = Math.max(last[0], owners[maker]);
            }
        });
        return last[0];
    }

    static NodeOwners of(ModelProto model, GraphScan scan) {
        return new NodeOwners(model.getGraph(), scan);
    }

    /** A model whose nodes have names by which they are found again. */
    static ModelProto numbered(ModelProto model) {
        ModelProto.Builder out = model.toBuilder();
        GraphProto.Builder graph = out.getGraphBuilder();
        for (int i = 0; i < graph.getNodeCount(); i++) {
            graph.getNodeBuilder(i).setName("#" + i + "#");
        }
        return out.build();
    }

    /** The time of each layer in a run; layers that are in no node of their own are absent. */
    Map<LayerId, Long> byLayer(RunProfile run) {
        Map<LayerId, Long> times = new LinkedHashMap<>();
        Optional<LayerId> owner = layers.keySet().stream().min(Integer::compare).map(layers::get);
        for (RunProfile.Part part : run.parts()) {
            Optional<LayerId> named = owner(part.node());
            owner = named.isPresent() ? named : owner;
            owner.ifPresent(layer -> times.merge(layer, part.ns(), Long::sum));
        }
        return times;
    }

    private Optional<LayerId> owner(String name) {
        Matcher numbers = NUMBERED.matcher(name);
        if (numbers.find()) {
            return owner(Integer.parseInt(numbers.group(1)));
        }
        String tensor = name.endsWith(BLOCKED) ? name.substring(0, name.length() - BLOCKED.length()) : name;
        return Optional.ofNullable(makers.get(tensor)).flatMap(this::owner);
    }

    private Optional<LayerId> owner(int node) {
        return node < owners.length && owners[node] >= 0 ? Optional.of(layers.get(owners[node])) : Optional.empty();
    }
}
