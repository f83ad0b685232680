package dev.wsvd.domain;

import dev.wsvd.domain.error.InvalidInputException;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A convolution of one, two or three spatial dims. Shapes are [N][C][spatial…]; positions are the product of the spatial
 * dims.
 *
 * @param weight W[n][m/g][k…]
 * @param groups g, divides n
 * @param stride one entry per spatial dim
 * @param dilation one entry per spatial dim
 * @param padding how many zeros stand before the first input position, per spatial dim
 */
public record ConvLayer(
        LayerId id,
        WeightShape weight,
        int groups,
        List<Integer> stride,
        List<Integer> dilation,
        List<Integer> padding,
        List<Long> inputShape,
        List<Long> outputShape,
        Optional<String> obstacle,
        Optional<String> path)
        implements Layer {
    public ConvLayer {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(weight, "weight");
        Objects.requireNonNull(obstacle, "obstacle");
        Objects.requireNonNull(path, "path");
        stride = List.copyOf(stride);
        dilation = List.copyOf(dilation);
        padding = List.copyOf(padding);
        inputShape = List.copyOf(inputShape);
        outputShape = List.copyOf(outputShape);
        if (groups < 1 || weight.out() % groups != 0) {
            throw new InvalidInputException("Layer '" + id + "' has " + groups + " groups, which do not divide its "
                    + weight.out() + " output channels.");
        }
    }

    /** A layer without a path. */
    public ConvLayer(
            LayerId id,
            WeightShape weight,
            int groups,
            List<Integer> stride,
            List<Integer> dilation,
            List<Integer> padding,
            List<Long> inputShape,
            List<Long> outputShape,
            Optional<String> obstacle) {
        this(id, weight, groups, stride, dilation, padding, inputShape, outputShape, obstacle, Optional.empty());
    }

    /** A layer without dilation, padding and path. */
    public ConvLayer(
            LayerId id,
            WeightShape weight,
            int groups,
            List<Integer> stride,
            List<Long> inputShape,
            List<Long> outputShape,
            Optional<String> obstacle) {
        this(
                id,
                weight,
                groups,
                stride,
                Collections.nCopies(stride.size(), 1),
                Collections.nCopies(stride.size(), 0),
                inputShape,
                outputShape,
                obstacle);
    }

    @Override
    public long inputPositions() {
        return Shapes.product(inputShape, 2, inputShape.size());
    }

    @Override
    public long outputPositions() {
        return Shapes.product(outputShape, 2, outputShape.size());
    }

    @Override
    public String kind() {
        return "conv";
    }
}
