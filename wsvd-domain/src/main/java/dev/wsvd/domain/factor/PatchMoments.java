package dev.wsvd.domain.factor;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.linalg.Matrix;

/**
 * What one group of a layer sees: mean and centred second moment of its patches x, the m'·K elements under the kernel in the
 * order of the weight.
 *
 * <p>The covariance of a large patch is kept in an economical form, C = C_m ⊗ I_K: that of the channels, the mean over the
 * taps, as if different taps were uncorrelated.
 *
 * @param mean μ = E[x], m'·K
 * @param covariance E[(x − μ)(x − μ)ᵀ], m'·K × m'·K, or the economical C_m, m' × m'
 */
public record PatchMoments(double[] mean, Matrix covariance) {
    /** Of a variance, relative to the mean square that it is left of. */
    private static final double ROUNDING = 1e-12;

    /** @throws InvalidInputException if the sizes do not fit */
    public PatchMoments {
        if (covariance.rows() != covariance.cols() || mean.length % covariance.rows() != 0) {
            throw new InvalidInputException("Moments of patches with " + mean.length + " elements cannot have a "
                    + covariance + " covariance.");
        }
    }

    /** Whether the patch varies by no more than rounding. */
    boolean constant() {
        double square = 0;
        for (double x : mean) {
            square += x * x;
        }
        double variance = repeated() * variance();
        return variance <= ROUNDING * (variance + square);
    }

    private double variance() {
        double trace = 0;
        for (int i = 0; i < covariance.rows(); i++) {
            trace += covariance.get(i, i);
        }
        return trace;
    }

    /** K if the covariance is economical, else 1. */
    int repeated() {
        return mean.length / covariance.rows();
    }
}
