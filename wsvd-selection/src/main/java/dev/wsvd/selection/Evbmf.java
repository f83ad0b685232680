package dev.wsvd.selection;

import dev.wsvd.domain.linalg.Spectrum;
import java.util.stream.DoubleStream;

/**
 * The rank of a matrix by empirical variational Bayesian matrix factorization, of unknown noise: so many singular values are above what
 * noise of the estimated variance gives.
 *
 * <p>Of a p × q matrix with singular values s_1 ≥ … ≥ s_p, α = p/q and x_i = s_i² / (q σ²), that is x_i &gt; x̄ = (1 + τ̄)(1 + α/τ̄)
 * with τ̄ = 2.5129 √α. The variance σ² minimises the free energy between its bounds. The rank does not depend on the scale.
 *
 * <p>S. Nakajima, M. Sugiyama, S. D. Babacan, R. Tomioka, "Global analytic solution of fully-observed variational Bayesian matrix
 * factorization", JMLR 14, 2013; S. Nakajima, R. Tomioka, M. Sugiyama, S. D. Babacan, "Perfect dimensionality recovery by variational
 * Bayesian PCA", NIPS 2012.
 */
final class Evbmf {
    /** The free energy may have several minima: one is looked for around the lowest of so many points. */
    private static final int POINTS = 64;

    /** Of the logarithm of the variance. */
    private static final double PRECISION = 1e-10;

    private static final double GOLDEN = (Math.sqrt(5) - 1) / 2;

    private final double[] squares;
    private final double columns;
    private final double alpha;
    private final double threshold;
    private final double variance;

    /** @param spectrum of the whole matrix */
    Evbmf(Spectrum spectrum) {
        this.squares = DoubleStream.of(spectrum.values()).map(s -> s * s).toArray();
        this.columns = spectrum.columns();
        this.alpha = squares.length / columns;
        double tau = 2.5129 * Math.sqrt(alpha);
        this.threshold = (1 + tau) * (1 + alpha / tau);
        this.variance = estimated();
    }

    /** How many singular values are above the noise; 0 where all may be noise. */
    int rank() {
        return (int) DoubleStream.of(squares)
                .filter(square -> square > columns * variance * threshold)
                .count();
    }

    /** σ², of the noise. */
    double variance() {
        return variance;
    }

    private double estimated() {
        int noisy = Math.min((int) Math.ceil(squares.length / (1 + alpha)) - 1, squares.length - 1);
        double least =
                Math.max(squares[noisy] / (columns * threshold), sum(noisy) / (columns * (squares.length - noisy)));
        double most = sum(0) / (columns * squares.length);
        return least == 0 ? 0 : Math.exp(logVariance(Math.log(least), Math.log(most)));
    }

    private double sum(int from) {
        return DoubleStream.of(squares).skip(from).sum();
    }

    /** By golden-section search around the best of some points. */
    private double logVariance(double least, double most) {
        double step = (most - least) / POINTS;
        int best = 0;
        for (int i = 1; i <= POINTS; i++) {
            if (freeEnergy(least + i * step) < freeEnergy(least + best * step)) {
                best = i;
            }
        }
        double from = Math.max(least, least + (best - 1) * step);
        double to = Math.min(most, least + (best + 1) * step);
        while (to - from > PRECISION) {
            double width = GOLDEN * (to - from);
            if (freeEnergy(to - width) < freeEnergy(from + width)) {
                to = from + width;
            } else {
                from = to - width;
            }
        }
        return (from + to) / 2;
    }

    /** The free energy, but for what does not depend on the variance. */
    private double freeEnergy(double logVariance) {
        double energy = squares.length * logVariance;
        for (double square : squares) {
            double x = square / (columns * Math.exp(logVariance));
            energy += x;
            if (x > threshold) {
                double rest = x - (1 + alpha);
                double tau = (rest + Math.sqrt(rest * rest - 4 * alpha)) / 2;
                energy += Math.log1p(tau) + alpha * Math.log1p(tau / alpha) - tau;
            }
        }
        return energy;
    }
}
