package dev.wsvd.calibration;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.JointMoments;
import dev.wsvd.domain.moments.Projection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Sums over what a split layer's last stage sees in one network and the whole layer sees and gives in another, in float64, from
 * which the joint moments follow.
 */
final class JointSums {
    private final LinearAlgebra linearAlgebra;
    private final Layer layer;
    private final Optional<Projection> projection;
    private final int width;
    private final double[][] originalSums;
    private final double[][] sums;
    /** z zᵀ, upper triangles. */
    private final double[][] products;

    private final double[][] outputSums;
    private final double[][] missingSums;
    /** y zᵀ. */
    private final double[][] crosses;

    private final double[] squares;
    private long patches;

    /**
     * @param width elements of z
     * @param projection absent where z is what the layer sees
     */
    JointSums(LinearAlgebra linearAlgebra, Layer layer, int width, Optional<Projection> projection) {
        this.linearAlgebra = linearAlgebra;
        this.layer = layer;
        this.width = width;
        this.projection = projection;
        int groups = layer.groups();
        int out = layer.outChannels() / groups;
        this.originalSums =
                new double[groups][layer.weight().inPerGroup() * layer.weight().kernelSize()];
        this.sums = new double[groups][width];
        this.products = new double[groups][];
        this.outputSums = new double[groups][out];
        this.missingSums = new double[groups][out];
        this.crosses = new double[groups][];
        this.squares = new double[groups];
        for (int g = 0; g < groups; g++) {
            products[g] = Matrix.allocate(width, width);
            crosses[g] = Matrix.allocate(out, width);
        }
    }

    Layer layer() {
        return layer;
    }

    long patches() {
        return patches;
    }

    /** Adds some patches of a batch: now, in the original, and what the original gave there. */
    void add(Patches now, Patches original, Target target, Subsample some) {
        for (int g = 0; g < layer.groups(); g++) {
            FloatMatrix z = projected(now.of(g, some), g);
            FloatMatrix y = target.given(g, some);
            Optional<FloatMatrix> missing = target.missing(g, some);
            if (missing.isPresent()) {
                MomentSums.addSums(missing.get(), missingSums[g]);
                y = plus(y, missing.get());
            }
            MomentSums.addSums(z, sums[g]);
            MomentSums.addSums(y, outputSums[g]);
            linearAlgebra.addGram(z, products[g]);
            linearAlgebra.addCross(y, z, crosses[g]);
            squares[g] += energy(y);
            original.addSums(g, some, originalSums[g]);
            patches += g == 0 ? z.cols() : 0;
        }
    }

    private static FloatMatrix plus(FloatMatrix a, FloatMatrix b) {
        float[] sum = a.data().clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] += b.data()[i];
        }
        return new FloatMatrix(a.rows(), a.cols(), sum);
    }

    /** T X, r·J × patches. */
    private FloatMatrix projected(FloatMatrix x, int group) {
        if (projection.isEmpty()) {
            return x;
        }
        Matrix p = projection.get().byGroup().get(group);
        int taps = projection.get().taps();
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
        return new FloatMatrix(width, cols, z);
    }

    private static double energy(FloatMatrix y) {
        double sum = 0;
        for (float element : y.data()) {
            sum += (double) element * element;
        }
        return sum;
    }

    List<JointMoments> moments() {
        List<JointMoments> groups = new ArrayList<>();
        for (int g = 0; g < layer.groups(); g++) {
            double[] mean = divided(sums[g]);
            double[] output = divided(outputSums[g]);
            double energy =
                    squares[g] / patches - Arrays.stream(output).map(o -> o * o).sum();
            groups.add(new JointMoments(
                    mean,
                    Matrix.ofUpperTriangle(width, centred(products[g], mean, mean)),
                    new Matrix(output.length, width, centred(crosses[g], output, mean)),
                    Math.max(0, energy),
                    divided(originalSums[g]),
                    divided(missingSums[g])));
        }
        return groups;
    }

    private double[] centred(double[] products, double[] rows, double[] cols) {
        double[] centred = new double[products.length];
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < cols.length; j++) {
                centred[i * cols.length + j] = products[i * cols.length + j] / patches - rows[i] * cols[j];
            }
        }
        return centred;
    }

    private double[] divided(double[] of) {
        return Arrays.stream(of).map(sum -> sum / patches).toArray();
    }
}
