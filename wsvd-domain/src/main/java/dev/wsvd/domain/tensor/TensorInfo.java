package dev.wsvd.domain.tensor;

import java.util.List;

/**
 * What a model takes or gives.
 *
 * @param name its name in the model
 * @param type element type
 * @param shape dims, −1 where dynamic
 */
public record TensorInfo(String name, ElementType type, List<Long> shape) {
    public TensorInfo {
        shape = List.copyOf(shape);
    }
}
