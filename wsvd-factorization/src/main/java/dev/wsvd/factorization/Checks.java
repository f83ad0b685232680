package dev.wsvd.factorization;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.LinearAlgebraException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Weights;
import java.util.function.Supplier;

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

    /**
     * The result of some arithmetic with a layer's values.
     *
     * @throws LinearAlgebraException if that fails; the message names the layer
     */
    static <T> T naming(Layer layer, Supplier<T> arithmetic) {
        try {
            return arithmetic.get();
        } catch (LinearAlgebraException e) {
            throw new LinearAlgebraException("Layer '" + layer.id() + "': " + e.getMessage(), e);
        }
    }
}
