package dev.wsvd.adapter.onnx.internal.graph;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.domain.layer.LayerId;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Every layer of a model, in graph order, bodies at the place of the node that holds them.
 *
 * <p>A layer is named after its node, else after its output; one in a body has the path to it in front, such as
 * {@code if_3/then_branch/fc}. The recurrent weight of {@code lstm} is the layer {@code lstm/R}. Layers inside model-local functions are
 * listed where the calls are put in place before.
 */
public final class GraphScan {
    private static final String RECURRENT = "/R";

    private final Scope root;
    private final Map<LayerId, LayerNode> layers = new LinkedHashMap<>();
    private final UniqueNames names = new UniqueNames("#");
    private final LayerRecognizer recognizer;

    private GraphScan(ModelProto model) {
        this.root = Scope.root(model.getGraph());
        this.recognizer = new LayerRecognizer(FusedOperators.areKnown(model));
        scan(root, "");
        markTied();
    }

    public static GraphScan of(ModelProto model) {
        return new GraphScan(model);
    }

    /** The main graph. */
    public Scope root() {
        return root;
    }

    public List<LayerNode> layers() {
        return List.copyOf(layers.values());
    }

    /** The layers' names, in graph order. */
    public List<LayerId> ids() {
        return List.copyOf(layers.keySet());
    }

    public Optional<LayerNode> layer(LayerId id) {
        return Optional.ofNullable(layers.get(id));
    }

    private void scan(Scope scope, String path) {
        List<NodeProto> nodes = scope.graph().getNodeList();
        for (int index = 0; index < nodes.size(); index++) {
            NodeProto node = nodes.get(index);
            for (LayerRecognizer.Recognized layer : recognizer.recognize(scope, node)) {
                String own = layer.form() == LayerForm.RECURRENT_STATE ? nameOf(node) + RECURRENT : nameOf(node);
                LayerId id = new LayerId(names.take(path + own));
                layers.put(id, layer.at(id, scope, index, node));
            }
            for (Scope.Body body : scope.bodies(index)) {
                scan(body.scope(), path + nameOf(node) + "/" + body.attribute() + "/");
            }
        }
    }

    /** An embedding's table that is a product's weight too would be stored all the same. */
    private void markTied() {
        Map<Scope.Definition, LayerId> products = new IdentityHashMap<>();
        layers.values().stream()
                .filter(layer -> layer.form() != LayerForm.GATHER)
                .forEach(layer -> stored(layer).ifPresent(weight -> products.putIfAbsent(weight, layer.id())));
        layers.replaceAll((id, layer) -> layer.form() != LayerForm.GATHER
                ? layer
                : stored(layer)
                        .map(products::get)
                        .filter(tied -> layer.unsupportedReason().isEmpty())
                        .map(tied -> layer.unsupported("its table is also the weight of layer '" + tied + "'"))
                        .orElse(layer));
    }

    private static Optional<Scope.Definition> stored(LayerNode layer) {
        return layer.constant()
                .map(constant ->
                        constant.links().get(constant.links().size() - 1).definition());
    }

    private static String nameOf(NodeProto node) {
        List<String> candidates = new ArrayList<>();
        candidates.add(node.getName());
        candidates.addAll(node.getOutputList());
        return candidates.stream().filter(n -> !n.isBlank()).findFirst().orElse(node.getOpType());
    }
}
