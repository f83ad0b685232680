package dev.wsvd.adapter.onnx.internal.rewrite;

import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.domain.factor.FactorizedLayer;

/** A layer and the factors that replace its weight. */
public record Split(LayerNode layer, FactorizedLayer factors) {}
