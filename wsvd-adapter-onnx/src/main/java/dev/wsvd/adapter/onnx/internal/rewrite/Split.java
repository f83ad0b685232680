package dev.wsvd.adapter.onnx.internal.rewrite;

import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import dev.wsvd.domain.factor.FactorizedLayer;
import java.util.Optional;

/** A layer and the factors that replace its weight. */
public record Split(LayerNode layer, FactorizedLayer factors) {
    /** What is stored as the layer's bias, if another bias takes its place. */
    Optional<Scope.Definition> bias() {
        return factors.shift().isPresent()
                ? Bias.definition(layer, factors.layer().outChannels())
                : Optional.empty();
    }
}
