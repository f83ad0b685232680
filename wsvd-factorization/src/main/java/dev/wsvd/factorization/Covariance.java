package dev.wsvd.factorization;

import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.PatchMoments;

/**
 * Products with a patch covariance C of (D·J)², in whichever form it is kept, for a projector P, r × D, that all J taps share:
 * T = P ⊗ I_J maps a patch to what the last stage sees. With rows (d, tap), a matrix of D·J rows read as one of D rows is multiplied by P
 * alone.
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
        return repeated == 1
                ? linearAlgebra.multiply(x, c)
                : projected(x.transposed(), c, repeated).transposed();
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

    /** Whether T C Tᵀ is G ⊗ I_J. */
    boolean isFolded(int taps) {
        return repeated > 1 && taps > 1;
    }

    /** T C Tᵀ, with rows and columns in the order (projection, tap); G, r × r, where that {@linkplain #isFolded is G ⊗ I_J}. */
    Matrix projected(Matrix p, int taps) {
        if (isFolded(taps) || taps == 1) {
            Matrix pc = taps == 1 ? times(p) : linearAlgebra.multiply(p, shared(taps));
            return linearAlgebra.timesTransposed(pc, p);
        }
        return projected(times(p, taps).transposed(), p, taps);
    }

    /** T C, r·J × D·J, of a C that is whole. */
    Matrix times(Matrix p, int taps) {
        return projected(c, p, taps);
    }

    /** T X, r·J × q, for X of D·J × q. */
    Matrix projected(Matrix x, Matrix p, int taps) {
        Matrix byTap = new Matrix(x.rows() / taps, Math.multiplyExact(taps, x.cols()), x.data());
        return new Matrix(
                p.rows() * taps, x.cols(), linearAlgebra.multiply(p, byTap).data());
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
}
