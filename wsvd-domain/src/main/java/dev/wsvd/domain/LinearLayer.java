package dev.wsvd.domain;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A matrix product y = W x + b over the last dim. Shapes are [N][positions…][features]; positions are the product of the
 * dims between the first and the last, 1 for a plain vector.
 *
 * @param weight W[n][m]
 */
public record LinearLayer(
        LayerId id,
        WeightShape weight,
        List<Long> inputShape,
        List<Long> outputShape,
        Optional<String> obstacle,
        Optional<String> path)
        implements Layer {
    public LinearLayer {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(weight, "weight");
        Objects.requireNonNull(obstacle, "obstacle");
        Objects.requireNonNull(path, "path");
        inputShape = List.copyOf(inputShape);
        outputShape = List.copyOf(outputShape);
    }

    /** A layer without a path. */
    public LinearLayer(
            LayerId id, WeightShape weight, List<Long> inputShape, List<Long> outputShape, Optional<String> obstacle) {
        this(id, weight, inputShape, outputShape, obstacle, Optional.empty());
    }

    @Override
    public int groups() {
        return 1;
    }

    @Override
    public long inputPositions() {
        return Shapes.product(inputShape, 1, inputShape.size() - 1);
    }

    @Override
    public long outputPositions() {
        return Shapes.product(outputShape, 1, outputShape.size() - 1);
    }

    @Override
    public String kind() {
        return "linear";
    }
}
