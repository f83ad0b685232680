package dev.wsvd.domain.quantization;

import dev.wsvd.domain.layer.LayerId;
import java.util.Objects;
import java.util.Optional;

/**
 * A layer that computes in int8.
 *
 * @param bias by output channel, in place of the layer's own; empty if that stays as it is
 */
public record QuantizedLayer(LayerId id, QuantizedWeights weights, Optional<float[]> bias) {
    public QuantizedLayer {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(weights, "weights");
        Objects.requireNonNull(bias, "bias");
    }
}
