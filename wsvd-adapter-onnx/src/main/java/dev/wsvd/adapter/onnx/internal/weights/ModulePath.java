package dev.wsvd.adapter.onnx.internal.weights;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.graph.LayerPath;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The module of PyTorch that a layer was exported from. */
final class ModulePath {
    private ModulePath() {}

    /** By what {@link LayerPath} tells, else by the node's name, such as {@code /encoder/layer.0/query/MatMul}; empty if neither tells. */
    static Optional<String> of(LayerNode layer) {
        return LayerPath.of(layer).or(() -> of(layer.node()));
    }

    /** By the node's name, whose last part is the operator; a module in a sequence has the sequence's name in its own, {@code features/features.4}. */
    static Optional<String> of(NodeProto node) {
        String[] parts = node.getName().split("/");
        if (!parts[0].isEmpty() || parts.length < 3) {
            return Optional.empty();
        }
        List<String> path = new ArrayList<>();
        for (int i = 1; i < parts.length - 1; i++) {
            if (i > 1 && parts[i].startsWith(parts[i - 1] + ".")) {
                path.remove(path.size() - 1);
            }
            path.add(parts[i]);
        }
        return Optional.of(String.join(".", path));
    }
}
