package dev.wsvd.evaluation;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.factor.JointMoments;
import dev.wsvd.domain.factor.LayerMoments;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import java.util.ArrayList;
import java.util.List;

/** Sums over what a layer sees in one network and sees and gives in another, from which the joint moments follow. */
final class JointSums {
    /** Positions multiplied at once, so that what is widened and transposed for it stays small. */
    private static final int CHUNK = 2048;

    private final LinearAlgebra linearAlgebra;
    private final Layer layer;
    private final MomentSums seen;
    private final double[][] originalSums;
    private final double[][] outputSums;
    private final double[][] products;
    private final double[] squares;
    private long patches;

    JointSums(LinearAlgebra linearAlgebra, Layer layer) {
        this.linearAlgebra = linearAlgebra;
        this.layer = layer;
        this.seen = new MomentSums(linearAlgebra, layer);
        int patch = layer.weight().inPerGroup() * layer.weight().kernelSize();
        int out = layer.outChannels() / layer.groups();
        this.originalSums = new double[layer.groups()][patch];
        this.outputSums = new double[layer.groups()][out];
        this.products = new double[layer.groups()][];
        for (int g = 0; g < layer.groups(); g++) {
            products[g] = Matrix.allocate(out, patch);
        }
        this.squares = new double[layer.groups()];
    }

    long patches() {
        return patches;
    }

    /** Adds every {@code step}-th patch of a batch: now, in the original, and what the original gave there. */
    void add(Patches now, Patches original, Outputs outputs, int first, int step) {
        for (int g = 0; g < layer.groups(); g++) {
            FloatMatrix x = now.of(g, first, step);
            seen.add(g, x);
            FloatMatrix y = outputs.of(g, first, step);
            MomentSums.addSums(original.of(g, first, step), originalSums[g]);
            MomentSums.addSums(y, outputSums[g]);
            for (int col = 0; col < x.cols(); col += CHUNK) {
                int cols = Math.min(CHUNK, x.cols() - col);
                Matrix product = linearAlgebra.multiply(
                        columns(y, col, cols), columns(x, col, cols).transposed());
                MomentSums.add(product.data(), products[g]);
            }
            for (float value : y.data()) {
                squares[g] += (double) value * value;
            }
            patches += g == 0 ? x.cols() : 0;
        }
    }

    private static Matrix columns(FloatMatrix m, int col, int cols) {
        double[] data = new double[m.rows() * cols];
        for (int i = 0; i < m.rows(); i++) {
            for (int j = 0; j < cols; j++) {
                data[i * cols + j] = m.data()[i * m.cols() + col + j];
            }
        }
        return new Matrix(m.rows(), cols, data);
    }

    List<JointMoments> moments() {
        LayerMoments moments = seen.moments();
        List<JointMoments> groups = new ArrayList<>();
        for (int g = 0; g < layer.groups(); g++) {
            double[] mean = moments.groups().get(g).mean();
            double[] original = divided(originalSums[g]);
            double[] output = divided(outputSums[g]);
            double energy = squares[g] / patches;
            double[] cross = new double[products[g].length];
            for (int o = 0; o < output.length; o++) {
                energy -= output[o] * output[o];
                for (int i = 0; i < mean.length; i++) {
                    int at = o * mean.length + i;
                    cross[at] = products[g][at] / patches - output[o] * mean[i];
                }
            }
            groups.add(new JointMoments(
                    moments.groups().get(g), original, new Matrix(output.length, mean.length, cross), energy));
        }
        return groups;
    }

    private double[] divided(double[] sums) {
        double[] means = sums.clone();
        for (int i = 0; i < means.length; i++) {
            means[i] /= patches;
        }
        return means;
    }
}
