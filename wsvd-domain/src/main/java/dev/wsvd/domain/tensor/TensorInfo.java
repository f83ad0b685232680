package dev.wsvd.domain.tensor;

import java.util.List;

/**
 * What a model takes or gives.
 *
 * @param name its name in the model
 * @param type element type
 * @param shape dims, −1 where dynamic; empty for a scalar and where the number of dims is unknown
 * @param ranked whether the number of dims is known
 */
public record TensorInfo(String name, ElementType type, List<Long> shape, boolean ranked) {
    public TensorInfo {
        shape = List.copyOf(shape);
        if (!ranked && !shape.isEmpty()) {
            throw new IllegalArgumentException("Tensor '" + name + "' has dims " + shape + " of an unknown number.");
        }
    }

    /** A tensor with a known number of dims. */
    public TensorInfo(String name, ElementType type, List<Long> shape) {
        this(name, type, shape, true);
    }

    /** A tensor of any shape. */
    public static TensorInfo unranked(String name, ElementType type) {
        return new TensorInfo(name, type, List.of(), false);
    }
}
