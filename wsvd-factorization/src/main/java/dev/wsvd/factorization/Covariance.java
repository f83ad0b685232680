package dev.wsvd.factorization;

import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.PatchMoments;

/**
 * Products with a patch covariance C of (D·J)², in whichever form it is kept, for a projector P, r × D, that all J taps share:
 * T = P ⊗ I_J maps a patch to what the last stage sees.
 */
final class Covariance {
    private final LinearAlgebra linearAlgebra;
    private final Matrix c;
    /** How often C_m stands on the diagonal of C, 1 if C is whole. */
    private final int repeated;

    private final int size;

    Covariance(LinearAlgebra linearAlgebra, PatchMoments moments) {
        this.linearAlgebra = linearAlgebra;
        this.c = moments.covariance();
        this.repeated = moments.repeated();
        this.size = moments.mean().length;
    }

    /** Whether taps are taken as uncorrelated. */
    boolean isChannelOnly() {
        return repeated > 1;
    }

    /** X C, for X of any number of rows. */
    Matrix times(Matrix x) {
        if (repeated == 1) {
            return linearAlgebra.multiply(x, c);
        }
        return perTap(x, repeated, part -> linearAlgebra.multiply(part, c));
    }

    /** The mean over J taps of the D × D blocks on the diagonal. */
    Matrix shared(int taps) {
        int d = size / taps;
        if (taps == repeated) {
            return c;
        }
        double[] mean = new double[d * d];
        for (int i = 0; i < d; i++) {
            for (int k = 0; k < d; k++) {
                double sum = 0;
                for (int j = 0; j < taps; j++) {
                    sum += element(i * taps + j, k * taps + j);
                }
                mean[i * d + k] = sum / taps;
            }
        }
        return new Matrix(d, d, mean);
    }

    private double element(int row, int col) {
        return row % repeated == col % repeated ? c.get(row / repeated, col / repeated) : 0;
    }

    /** T C Tᵀ, with rows and columns in the order (projection, tap). */
    Matrix projected(Matrix p, int taps) {
        return projected(times(p, taps), p, taps);
    }

    /** T C, r·J × D·J. */
    Matrix times(Matrix p, int taps) {
        int rows = p.rows() * taps;
        double[] result = new double[Math.multiplyExact(rows, size)];
        for (int j = 0; j < taps; j++) {
            Matrix block = linearAlgebra.multiply(p, rowsOfTap(j, taps));
            for (int r = 0; r < p.rows(); r++) {
                System.arraycopy(block.data(), r * size, result, (r * taps + j) * size, size);
            }
        }
        return new Matrix(rows, size, result);
    }

    private Matrix rowsOfTap(int tap, int taps) {
        int d = size / taps;
        double[] rows = new double[Math.multiplyExact(d, size)];
        for (int i = 0; i < d; i++) {
            if (repeated == 1) {
                System.arraycopy(c.data(), (i * taps + tap) * size, rows, i * size, size);
                continue;
            }
            for (int k = 0; k < size; k++) {
                rows[i * size + k] = element(i * taps + tap, k);
            }
        }
        return new Matrix(d, size, rows);
    }

    /** X Tᵀ, for X of any number of rows and D·J columns: columns in the order (projection, tap). */
    Matrix projected(Matrix x, Matrix p, int taps) {
        Matrix pt = p.transposed();
        return perTap(x, taps, part -> linearAlgebra.multiply(part, pt));
    }

    /** T μ for the first {@code rank} rows of P, in the order (projection, tap). */
    static double[] projectedMean(double[] mean, Matrix p, int rank, int taps) {
        double[] projected = new double[rank * taps];
        for (int r = 0; r < rank; r++) {
            for (int d = 0; d < p.cols(); d++) {
                for (int j = 0; j < taps; j++) {
                    projected[r * taps + j] += p.get(r, d) * mean[d * taps + j];
                }
            }
        }
        return projected;
    }

    private interface Product {
        Matrix of(Matrix part);
    }

    /** Applies a product to the columns of each tap, which stand between those of the others before and after. */
    private static Matrix perTap(Matrix x, int taps, Product product) {
        int d = x.cols() / taps;
        double[] result = null;
        int cols = 0;
        for (int j = 0; j < taps; j++) {
            double[] part = new double[x.rows() * d];
            for (int i = 0; i < x.rows(); i++) {
                for (int k = 0; k < d; k++) {
                    part[i * d + k] = x.data()[i * x.cols() + k * taps + j];
                }
            }
            Matrix block = product.of(new Matrix(x.rows(), d, part));
            if (result == null) {
                cols = block.cols();
                result = new double[Math.multiplyExact(x.rows(), cols * taps)];
            }
            for (int i = 0; i < x.rows(); i++) {
                for (int k = 0; k < cols; k++) {
                    result[(i * cols + k) * taps + j] = block.data()[i * cols + k];
                }
            }
        }
        return new Matrix(x.rows(), cols * taps, result);
    }
}
