package dev.wsvd.domain.factor;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.LinearAlgebraException;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.linalg.TruncatedSvd;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Weight SVD and Spatial SVD: unfolds a layer's weight into a matrix per group and decomposes it once for every rank.
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
        check(layer, weight, unfolding, maxRank);
        boolean transposed = unfolding.projected(layer) > unfolding.maxRank(layer);
        List<TruncatedSvd> groups = new ArrayList<>();
        try {
            for (int group = 0; group < layer.groups(); group++) {
                groups.add(linearAlgebra.svd(unfolded(layer, weight, unfolding, transposed, group), maxRank));
            }
        } catch (LinearAlgebraException e) {
            throw new LinearAlgebraException("Layer '" + layer.id() + "': " + e.getMessage(), e);
        }
        return new SvdFactors(layer, unfolding, transposed, groups);
    }

    /**
     * Decomposes a layer's weight for what the layer sees; for its weight alone where that is constant.
     *
     * @param weight W[n][m/g][k…], row-major; not written to
     * @param moments of the patches of each group
     * @param maxRank the largest rank that will be asked for, 1 … {@link Unfolding#maxRank}
     * @throws InvalidInputException if the sizes do not fit
     * @throws LinearAlgebraException as {@link #factor(Layer, float[], Unfolding, int)}
     */
    public LayerFactors factor(Layer layer, float[] weight, LayerMoments moments, Unfolding unfolding, int maxRank) {
        check(layer, weight, unfolding, maxRank);
        moments.check(layer);
        if (moments.constant()) {
            return factor(layer, weight, unfolding, maxRank);
        }
        int out = layer.outChannels() / layer.groups();
        int patch = weight.length / layer.outChannels();
        List<GroupFit> groups = new ArrayList<>();
        try {
            for (int g = 0; g < layer.groups(); g++) {
                double[] w = new double[out * patch];
                for (int i = 0; i < w.length; i++) {
                    w[i] = weight[g * w.length + i];
                }
                PatchMoments seen = moments.groups().get(g);
                groups.add(
                        new GroupFit(linearAlgebra, new Matrix(out, patch, w), seen, unfolding.taps(layer), maxRank));
            }
        } catch (LinearAlgebraException e) {
            throw new LinearAlgebraException("Layer '" + layer.id() + "': " + e.getMessage(), e);
        }
        return new DataAwareFactors(layer, unfolding, maxRank, groups);
    }

    /**
     * A group's matrix A, D × n'·J, or Aᵀ: element (d, o·J + j) of A is that of output channel o and patch element d·J + j.
     */
    private static FloatMatrix unfolded(
            Layer layer, float[] weight, Unfolding unfolding, boolean transposed, int group) {
        int taps = unfolding.taps(layer);
        int projected = unfolding.projected(layer);
        int out = layer.weight().out() / layer.groups();
        int size = out * projected * taps;
        if (taps == 1) {
            float[] slice = layer.groups() == 1 ? weight : Arrays.copyOfRange(weight, group * size, (group + 1) * size);
            FloatMatrix stored = new FloatMatrix(out, projected, slice);
            return transposed ? stored : stored.transposed();
        }
        float[] data = new float[size];
        for (int o = 0; o < out; o++) {
            for (int d = 0; d < projected; d++) {
                int from = ((group * out + o) * projected + d) * taps;
                System.arraycopy(weight, from, data, (d * out + o) * taps, taps);
            }
        }
        FloatMatrix a = new FloatMatrix(projected, out * taps, data);
        return transposed ? a.transposed() : a;
    }

    private static void check(Layer layer, float[] weight, Unfolding unfolding, int maxRank) {
        if (weight.length != layer.weight().elements()) {
            throw new InvalidInputException("Layer '" + layer.id() + "' of shape " + layer.weight() + " needs "
                    + layer.weight().elements() + " weights, found " + weight.length + ".");
        }
        unfolding.requireRank(layer, maxRank);
    }
}
