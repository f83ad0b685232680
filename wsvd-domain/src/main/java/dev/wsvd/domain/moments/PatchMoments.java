package dev.wsvd.domain.moments;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.linalg.Matrix;

/**
 * What one group of a layer sees: mean and centred second moment of its patches x, the m'·K elements under the kernel in the
 * order of the weight.
 *
 * <p>The covariance of a large patch is channel-only (block-diagonal), C = C_m ⊗ I_K: that of the channels, the mean over the
 * taps, as if different taps were uncorrelated.
 *
 * @param mean μ = E[x], m'·K
 * @param covariance E[(x − μ)(x − μ)ᵀ], m'·K × m'·K, or the channel-only C_m, m' × m'
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

    /**
     * Moments that say nothing: elements of mean 0 and variance 1 that are not correlated.
     *
     * @param channels m'
     * @param taps K
     */
    public static PatchMoments white(int channels, int taps) {
        double[] covariance = new double[channels * channels];
        for (int i = 0; i < channels; i++) {
            covariance[i * channels + i] = 1;
        }
        return new PatchMoments(new double[channels * taps], new Matrix(channels, channels, covariance));
    }

    /** Whether the patch varies by no more than rounding. */
    public boolean constant() {
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

    /** K if the covariance is channel-only, else 1. */
    public int repeated() {
        return mean.length / covariance.rows();
    }
}
