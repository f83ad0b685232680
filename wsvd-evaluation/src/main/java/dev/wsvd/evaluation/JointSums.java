package dev.wsvd.evaluation;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.factor.JointMoments;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Sums over what a split layer's second half sees in one network and the whole layer sees and gives in another, in float64, from
 * which the joint moments follow.
 */
final class JointSums {
    private final LinearAlgebra linearAlgebra;
    private final Layer layer;
    private final int taps;
    /** r·J. */
    private final int width;
    /** P by group, r × D. */
    private final List<Matrix> projectors = new ArrayList<>();

    private final double[][] originalSums;
    /** Of z, then of y. */
    private final double[][] sums;

    private final double[][] products;
    private long patches;

    JointSums(LinearAlgebra linearAlgebra, FactorizedLayer split) {
        this.linearAlgebra = linearAlgebra;
        this.layer = split.layer();
        int rank = split.split().rank();
        int projected = split.split().unfolding().projected(layer);
        this.taps = split.split().unfolding().taps(layer);
        this.width = Math.multiplyExact(rank, taps);
        int groups = layer.groups();
        int both = width + layer.outChannels() / groups;
        this.originalSums = new double[groups][projected * taps];
        this.sums = new double[groups][both];
        this.products = new double[groups][];
        for (int g = 0; g < groups; g++) {
            double[] p = new double[rank * projected];
            Arrays.setAll(p, new FirstWeights(split.first(), g * p.length)::at);
            projectors.add(new Matrix(rank, projected, p));
            products[g] = Matrix.allocate(both, both);
        }
    }

    private record FirstWeights(float[] weights, int from) {
        double at(int i) {
            return weights[from + i];
        }
    }

    long patches() {
        return patches;
    }

    /** Adds every {@code step}-th patch of a batch: now, in the original, and what the original gave there. */
    void add(Patches now, Patches original, Outputs outputs, int first, int step) {
        for (int g = 0; g < layer.groups(); g++) {
            FloatMatrix both =
                    stacked(projected(now.of(g, first, step), projectors.get(g)), outputs.of(g, first, step));
            MomentSums.addSums(both, sums[g]);
            MomentSums.add(linearAlgebra.gram(both).data(), products[g]);
            original.addSums(g, first, step, originalSums[g]);
            patches += g == 0 ? both.cols() : 0;
        }
    }

    /** T X, r·J × patches. */
    private float[] projected(FloatMatrix x, Matrix p) {
        int cols = x.cols();
        float[] z = FloatMatrix.allocate(width, cols);
        for (int tap = 0; tap < taps; tap++) {
            float[] rows = FloatMatrix.allocate(p.cols(), cols);
            for (int d = 0; d < p.cols(); d++) {
                System.arraycopy(x.data(), (d * taps + tap) * cols, rows, d * cols, cols);
            }
            float[] product = linearAlgebra
                    .multiply(p, new FloatMatrix(p.cols(), cols, rows))
                    .data();
            for (int r = 0; r < p.rows(); r++) {
                System.arraycopy(product, r * cols, z, (r * taps + tap) * cols, cols);
            }
        }
        return z;
    }

    private FloatMatrix stacked(float[] z, FloatMatrix y) {
        float[] both = FloatMatrix.allocate(width + y.rows(), y.cols());
        System.arraycopy(z, 0, both, 0, z.length);
        System.arraycopy(y.data(), 0, both, z.length, y.data().length);
        return new FloatMatrix(width + y.rows(), y.cols(), both);
    }

    List<JointMoments> moments() {
        List<JointMoments> groups = new ArrayList<>();
        for (int g = 0; g < layer.groups(); g++) {
            double[] mean = divided(sums[g]);
            int out = mean.length - width;
            double energy = 0;
            for (int o = width; o < mean.length; o++) {
                energy += centred(g, mean, o, o);
            }
            groups.add(new JointMoments(
                    Arrays.copyOf(mean, width),
                    block(g, mean, 0, width),
                    block(g, mean, width, out),
                    energy,
                    divided(originalSums[g])));
        }
        return groups;
    }

    /** Rows {@code from} on of the centred products with z. */
    private Matrix block(int group, double[] mean, int from, int rows) {
        double[] block = new double[rows * width];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < width; j++) {
                block[i * width + j] = centred(group, mean, from + i, j);
            }
        }
        return new Matrix(rows, width, block);
    }

    private double centred(int group, double[] mean, int i, int j) {
        double centred = products[group][i * mean.length + j] / patches - mean[i] * mean[j];
        return i == j ? Math.max(0, centred) : centred;
    }

    private double[] divided(double[] of) {
        return Arrays.stream(of).map(sum -> sum / patches).toArray();
    }
}
