package dev.wsvd.adapter.onnx.internal.graph;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where a layer stands in the program a model was exported from. Exporters give a stored weight its name in the program, such as
 * {@code layer1.0.conv1.weight}, which outlives what they do to nodes; PyTorch's also say of a node in which module it stands.
 */
public final class LayerPath {
    private static final String WEIGHT = ".weight";
    private static final Pattern PARAMETER = Pattern.compile("[\\w-]+(\\.[\\w-]+)+");
    private static final String SCOPES = "pkg.torch.onnx.name_scopes";
    private static final Pattern QUOTED = Pattern.compile("'([^']*)'");

    private LayerPath() {}

    /** The layer's module, or the parameter that is its weight; empty if nothing tells or it is the layer's name, as of stages. */
    public static Optional<String> of(LayerNode layer) {
        return parameter(layer)
                .or(() -> scope(layer))
                .filter(path -> !path.equals(layer.id().name()))
                .filter(path -> !path.equals(layer.id().name() + "_weight"));
    }

    private static Optional<String> parameter(LayerNode layer) {
        return layer.constant()
                .map(constant ->
                        constant.links().get(constant.links().size() - 1).name())
                .filter(name -> PARAMETER.matcher(name).matches())
                .map(name -> name.endsWith(WEIGHT) ? name.substring(0, name.length() - WEIGHT.length()) : name);
    }

    /** The last but one of {@code ['', 'layer1', 'layer1.0', 'conv2d_3']}: the last is the node's own. */
    private static Optional<String> scope(LayerNode layer) {
        return layer.node().getMetadataPropsList().stream()
                .filter(entry -> entry.getKey().equals(SCOPES))
                .map(StringStringEntryProto::getValue)
                .findFirst()
                .map(value -> QUOTED.matcher(value)
                        .results()
                        .map(found -> found.group(1))
                        .toList())
                .filter(scopes -> scopes.size() > 1)
                .map(scopes -> scopes.get(scopes.size() - 2))
                .filter(path -> !path.isEmpty());
    }
}
