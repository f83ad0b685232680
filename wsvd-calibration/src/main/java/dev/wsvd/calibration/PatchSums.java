package dev.wsvd.calibration;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.moments.PatchMoments;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Sums over patches and over their products, by group, in float64. */
final class PatchSums implements Sums {
    private static final long serialVersionUID = 1L;

    /** Rows of a covariance. */
    private final int size;

    private final double[][] sums;
    /** Upper triangles. */
    private final double[][] products;

    private long patches;

    /**
     * @param patch elements of a patch
     * @param size rows of a covariance, as many or one per channel
     */
    PatchSums(int groups, int patch, int size) {
        this.size = size;
        this.sums = new double[groups][patch];
        this.products = new double[groups][];
        for (int g = 0; g < groups; g++) {
            products[g] = Matrix.allocate(size, size);
        }
    }

    /** That so many patches are in the sums. */
    void count(int more) {
        patches += more;
    }

    double[] sums(int group) {
        return sums[group];
    }

    double[] products(int group) {
        return products[group];
    }

    @Override
    public void add(Sums others) {
        if (!(others instanceof PatchSums more) || !isOfTheSameShape(more)) {
            throw new InvalidInputException("Sums over patches of other shapes cannot be added.");
        }
        patches += more.patches;
        for (int g = 0; g < sums.length; g++) {
            add(sums[g], more.sums[g]);
            add(products[g], more.products[g]);
        }
    }

    private boolean isOfTheSameShape(PatchSums more) {
        return size == more.size && sums.length == more.sums.length && sums[0].length == more.sums[0].length;
    }

    private static void add(double[] to, double[] more) {
        Arrays.setAll(to, i -> to[i] + more[i]);
    }

    @Override
    public LayerMoments moments() {
        List<PatchMoments> groups = new ArrayList<>();
        for (int g = 0; g < sums.length; g++) {
            double[] mean = sums[g].clone();
            for (int i = 0; i < mean.length; i++) {
                mean[i] /= patches;
            }
            groups.add(new PatchMoments(mean, covariance(products[g], mean)));
        }
        return new LayerMoments(patches, groups);
    }

    /** In the place of the products. */
    private Matrix covariance(double[] products, double[] mean) {
        int taps = mean.length / size;
        for (int i = 0; i < size; i++) {
            for (int j = i; j < size; j++) {
                double ofMeans = 0;
                for (int tap = 0; tap < taps; tap++) {
                    ofMeans += mean[i * taps + tap] * mean[j * taps + tap];
                }
                double centred = (products[i * size + j] / patches - ofMeans) / taps;
                products[i * size + j] = i == j ? Math.max(0, centred) : centred;
            }
        }
        return Matrix.ofUpperTriangle(size, products);
    }
}
