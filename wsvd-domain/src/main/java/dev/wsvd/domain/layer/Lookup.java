package dev.wsvd.domain.layer;

import java.util.List;
import java.util.Objects;

/**
 * An embedding: row i of a table for each index i. As a product it is W x with x one-hot, so the table is Wᵀ; nothing is
 * multiplied. Inputs are [N][positions…], outputs [N][positions…][n].
 *
 * @param weight W[n][m]: n features of each of m rows
 */
public record Lookup(WeightShape weight) implements Op {
    public Lookup {
        Objects.requireNonNull(weight, "weight");
    }

    /** A table of that many rows with that many features. */
    public static Lookup of(int features, int rows) {
        return new Lookup(WeightShape.linear(features, rows));
    }

    @Override
    public String kind() {
        return "embedding";
    }

    @Override
    public long positions(List<Long> output) {
        return Op.beforeFeatures(output);
    }

    @Override
    public long macs(List<Long> input, List<Long> output) {
        return 0;
    }

    @Override
    public Lookup shrunk(int out, int in) {
        return of(weight.out() - out, weight.inPerGroup() - in);
    }

    @Override
    public int channelDim(List<Long> shape) {
        return shape.size() - 1;
    }
}
