package dev.wsvd.factorization;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Weights;

/** Checks of what schemes are given. */
final class Checks {
    private Checks() {}

    /** @throws InvalidInputException if weights are not of the layer's shape */
    static void requireShape(Layer layer, Weights weights) {
        if (!weights.shape().equals(layer.weight())) {
            throw new InvalidInputException("Layer '" + layer.id() + "' of shape " + layer.weight()
                    + " needs weights of that shape, found " + weights.shape() + ".");
        }
    }
}
