package dev.wsvd.domain.factor;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.LinearAlgebraException;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.TruncatedSvd;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Weight SVD: unfolds a layer's weight into a matrix per group and decomposes it once for every rank.
 *
 * <p>The best approximation of each rank in the Frobenius norm: C. Eckart, G. Young, "The approximation of one matrix by
 * another of lower rank", Psychometrika, 1936.
 */
public final class Factorizer {
    private final LinearAlgebra linearAlgebra;

    public Factorizer(LinearAlgebra linearAlgebra) {
        this.linearAlgebra = Objects.requireNonNull(linearAlgebra, "linearAlgebra");
    }

    /**
     * Decomposes a layer's weight.
     *
     * @param weight W[n][m/g][k…], row-major; not written to
     * @param maxRank the largest rank that will be asked for, 1 … {@link Unfolding#maxRank}
     * @throws InvalidInputException if the sizes do not fit
     * @throws LinearAlgebraException if the weight holds NaN or infinite values, or the decomposition fails; the message
     *     names the layer
     */
    public LayerFactors factor(Layer layer, float[] weight, Unfolding unfolding, int maxRank) {
        int fullRank = unfolding.maxRank(layer);
        if (weight.length != layer.weight().elements()) {
            throw new InvalidInputException("Layer '" + layer.id() + "' of shape " + layer.weight() + " needs "
                    + layer.weight().elements() + " weights, found " + weight.length + ".");
        }
        if (maxRank < 1 || maxRank > fullRank) {
            throw new InvalidInputException("Layer '" + layer.id() + "' (" + layer.weight() + ") has no rank " + maxRank
                    + " with the " + unfolding + " unfolding; allowed: 1 … " + fullRank + ".");
        }
        boolean transposed = rows(layer, unfolding) > fullRank;
        List<TruncatedSvd> groups = new ArrayList<>();
        try {
            for (int group = 0; group < layer.groups(); group++) {
                groups.add(linearAlgebra.svd(unfold(layer, weight, unfolding, transposed, group), maxRank));
            }
        } catch (LinearAlgebraException e) {
            throw new LinearAlgebraException("Layer '" + layer.id() + "': " + e.getMessage(), e);
        }
        return new LayerFactors(layer, unfolding, transposed, groups);
    }

    private static int rows(Layer layer, Unfolding unfolding) {
        return switch (unfolding) {
            case INPUT_CHANNEL -> layer.weight().inPerGroup();
            case OUTPUT_CHANNEL -> layer.weight().out() / layer.groups();
        };
    }

    /** A group's matrix with the shorter side as rows. */
    private static FloatMatrix unfold(Layer layer, float[] weight, Unfolding unfolding, boolean transposed, int group) {
        int in = layer.weight().inPerGroup();
        int taps = layer.weight().kernelSize();
        int out = layer.weight().out() / layer.groups();
        int size = out * in * taps;
        float[] slice = layer.groups() == 1 ? weight : Arrays.copyOfRange(weight, group * size, (group + 1) * size);
        boolean asStored = unfolding == Unfolding.OUTPUT_CHANNEL || taps == 1;
        if (asStored) {
            // Without taps the input-channel unfolding is the transposed output-channel one.
            FloatMatrix stored = new FloatMatrix(out, in * taps, slice);
            boolean flip = unfolding == Unfolding.OUTPUT_CHANNEL ? transposed : !transposed;
            return flip ? stored.transposed() : stored;
        }
        float[] data = new float[size];
        int cols = out * taps;
        for (int o = 0; o < out; o++) {
            for (int c = 0; c < in; c++) {
                int from = (o * in + c) * taps;
                for (int k = 0; k < taps; k++) {
                    int col = o * taps + k;
                    data[transposed ? col * in + c : c * cols + col] = slice[from + k];
                }
            }
        }
        return transposed ? new FloatMatrix(cols, in, data) : new FloatMatrix(in, cols, data);
    }
}
