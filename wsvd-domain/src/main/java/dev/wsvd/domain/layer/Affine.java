package dev.wsvd.domain.layer;

import java.util.List;
import java.util.Objects;

/**
 * y = W x + b over the last dim. Shapes are [N][positions…][features], with one position for a plain vector.
 *
 * @param weight W[n][m]
 */
public record Affine(WeightShape weight) implements Op {
    public Affine {
        Objects.requireNonNull(weight, "weight");
    }

    /** A matrix of n × m. */
    public static Affine of(int out, int in) {
        return new Affine(WeightShape.linear(out, in));
    }

    @Override
    public String kind() {
        return "linear";
    }

    @Override
    public long positions(List<Long> output) {
        return Op.beforeFeatures(output);
    }

    @Override
    public Affine shrunk(int out, int in) {
        return of(weight.out() - out, weight.inPerGroup() - in);
    }

    @Override
    public int channelDim(List<Long> shape) {
        return shape.size() - 1;
    }
}
