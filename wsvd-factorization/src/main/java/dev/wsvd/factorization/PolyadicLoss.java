package dev.wsvd.factorization;

import dev.wsvd.domain.linalg.Cholesky;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.linalg.SymmetricEigen;
import dev.wsvd.domain.moments.PatchMoments;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What W' = A B misses of a layer's outputs, tr[(W − W') C (W − W')ᵀ], for rows of B that are b_ρ ⊗ c_ρ and the best A for them,
 * A = W C Bᵀ (B C Bᵀ)⁻¹ (variable projection). Its gradient by B is −2 Aᵀ(W − A B) C. The channels are searched for as C_m^½ b_ρ, so
 * that directions count by what they give.
 */
final class PolyadicLoss {
    /** A little, so that terms that say the same give no huge weights of opposite signs. */
    private static final double RIDGE = 1e-9;
    /** Share of the largest variance below which directions of the channels are not stretched any more. */
    private static final double VANISHING = 1e-8;

    private final LinearAlgebra linearAlgebra;
    private final Matrix weight;
    private final double[] mean;
    private final int taps;
    private final Covariance covariance;
    private final Matrix wc;
    private final double energy;
    /** C_m^½ and its inverse. */
    private final Matrix root;

    private final Matrix inverseRoot;

    /**
     * @param weight W, n × m·K
     * @param taps K
     */
    PolyadicLoss(LinearAlgebra linearAlgebra, Matrix weight, PatchMoments moments, int taps) {
        this.linearAlgebra = linearAlgebra;
        this.weight = weight;
        this.mean = moments.mean();
        this.taps = taps;
        this.covariance = new Covariance(linearAlgebra, moments);
        this.wc = covariance.times(weight);
        this.energy = Math.max(0, Matrices.dot(wc, weight));
        SymmetricEigen eigen = linearAlgebra.eigenSymmetric(covariance.shared(taps));
        double floor = Math.max(Double.MIN_NORMAL, VANISHING * eigen.values()[0]);
        double[] roots = new double[eigen.values().length];
        for (int i = 0; i < roots.length; i++) {
            roots[i] = Math.sqrt(Math.max(floor, eigen.values()[i]));
        }
        this.root = linearAlgebra.transposedTimes(eigen.vectors(), Matrices.scaledRows(eigen.vectors(), roots, true));
        this.inverseRoot =
                linearAlgebra.transposedTimes(eigen.vectors(), Matrices.scaledRows(eigen.vectors(), roots, false));
    }

    /** E‖W x‖² of centred patches. */
    double energy() {
        return energy;
    }

    /** b_ρ as rows. */
    Matrix channels(PolyadicTerms terms) {
        return linearAlgebra.multiply(terms.channels(), inverseRoot);
    }

    private Matrix rows(Matrix channels, Matrix kernels) {
        int m = channels.cols();
        double[] data = new double[channels.rows() * m * taps];
        for (int i = 0; i < channels.rows() * m; i++) {
            for (int k = 0; k < taps; k++) {
                data[i * taps + k] = channels.data()[i] * kernels.get(i / m, k);
            }
        }
        return new Matrix(channels.rows(), m * taps, data);
    }

    /** B C, the Cholesky decomposition of B C Bᵀ, and B C Wᵀ. */
    private record Normal(Matrix channels, Matrix b, Matrix bc, Cholesky cholesky, Matrix right) {}

    private Normal normal(PolyadicTerms terms) {
        Matrix channels = channels(terms);
        Matrix b = rows(channels, terms.kernels());
        Matrix bc = covariance.times(b);
        Matrix gram = linearAlgebra.timesTransposed(bc, b);
        Cholesky cholesky = linearAlgebra.cholesky(Matrices.withRidge(gram, RIDGE, 0));
        return new Normal(channels, b, bc, cholesky, linearAlgebra.timesTransposed(bc, weight));
    }

    /** What is missed, by how many of the terms are used. */
    double[] missingByRank(PolyadicTerms terms) {
        Normal normal = normal(terms);
        Matrix explained = normal.cholesky.solveLower(normal.right);
        double[] left = new double[terms.rank() + 1];
        left[0] = energy;
        for (int r = 1; r < left.length; r++) {
            int cols = explained.cols();
            left[r] = Math.max(0, left[r - 1] - Matrices.energy(explained.data(), (r - 1) * cols, r * cols));
        }
        return left;
    }

    /** Aᵀ, r × n. */
    Matrix last(PolyadicTerms terms) {
        Normal normal = normal(terms);
        return normal.cholesky.solve(normal.right);
    }

    /** (W − A B) μ: what the bias must gain so that the mean output stays as it was. */
    double[] missedMean(PolyadicTerms terms, Matrix last) {
        Matrix missed = missed(rows(channels(terms), terms.kernels()), last);
        return linearAlgebra.multiply(missed, new Matrix(mean.length, 1, mean)).data();
    }

    private Matrix missed(Matrix b, Matrix last) {
        return Matrices.plus(weight, -1, linearAlgebra.transposedTimes(last, b));
    }

    /** Terms that miss no more, found within so many iterations. */
    PolyadicTerms fitted(PolyadicTerms terms, int iterations) {
        if (energy == 0) {
            return terms;
        }
        double[] found =
                LimitedMemoryBfgs.minimum(terms.flat(), (x, gradient) -> at(terms.of(x), gradient), iterations);
        PolyadicTerms fitted = terms.of(found);
        return new PolyadicTerms(Matrices.unitRows(fitted.channels()), Matrices.unitRows(fitted.kernels()));
    }

    /** The share that is missed, and its gradient. */
    private double at(PolyadicTerms terms, double[] gradient) {
        Normal normal = normal(terms);
        Matrix last = normal.cholesky.solve(normal.right);
        double share = 1 - Matrices.dot(last, normal.right) / energy;
        Matrix explained = linearAlgebra.multiply(linearAlgebra.timesTransposed(last, last), normal.bc);
        Matrix byB = Matrices.plus(explained, -1, linearAlgebra.multiply(last, wc));
        int m = terms.channels().cols();
        double[] byChannels = new double[terms.channels().data().length];
        double[] byKernels = new double[terms.kernels().data().length];
        double factor = 2 / energy;
        for (int i = 0; i < byChannels.length; i++) {
            for (int k = 0; k < taps; k++) {
                double value = factor * byB.data()[i * taps + k];
                byChannels[i] += value * terms.kernels().get(i / m, k);
                byKernels[i / m * taps + k] += value * normal.channels.data()[i];
            }
        }
        Matrix whitened = linearAlgebra.multiply(new Matrix(terms.rank(), m, byChannels), inverseRoot);
        System.arraycopy(whitened.data(), 0, gradient, 0, byChannels.length);
        System.arraycopy(byKernels, 0, gradient, byChannels.length, byKernels.length);
        return share;
    }

    /** One of the leading rank-one parts of what is missed, and how much it is. */
    private record Part(double value, double[] channels, double[] kernel) {}

    /**
     * Terms to add to others: the leading rank-one parts, over channels and taps, of what the outputs' principal directions miss.
     *
     * @param terms what is there; null for nothing
     */
    PolyadicTerms next(PolyadicTerms terms, int count) {
        Matrix missed = terms == null ? weight : missed(rows(channels(terms), terms.kernels()), last(terms));
        Matrix gram = linearAlgebra.timesTransposed(covariance.times(missed), missed);
        SymmetricEigen outputs = linearAlgebra.eigenSymmetric(Matrices.symmetric(gram));
        Matrix directions = linearAlgebra.multiply(outputs.vectors(), missed);
        Matrix whitened = linearAlgebra.multiply(root, Matrices.unfolded(directions, taps));
        List<Part> parts = new ArrayList<>();
        for (int o = 0; o < missed.rows(); o++) {
            parts.addAll(parts(whitened, o));
        }
        parts.sort(Comparator.comparingDouble(part -> -part.value));
        int m = root.rows();
        double[] channels = new double[count * m];
        double[] kernels = new double[count * taps];
        for (int i = 0; i < count; i++) {
            System.arraycopy(parts.get(i).channels, 0, channels, i * m, m);
            System.arraycopy(parts.get(i).kernel, 0, kernels, i * taps, taps);
        }
        return new PolyadicTerms(Matrices.unitRows(new Matrix(count, m, channels)), new Matrix(count, taps, kernels));
    }

    /** Of one output's m × K part, by the eigenvectors of its Gram matrix over taps. */
    private List<Part> parts(Matrix whitened, int output) {
        int m = whitened.rows();
        double[] own = new double[m * taps];
        for (int i = 0; i < m; i++) {
            System.arraycopy(whitened.data(), i * whitened.cols() + output * taps, own, i * taps, taps);
        }
        Matrix part = new Matrix(m, taps, own);
        SymmetricEigen eigen =
                linearAlgebra.eigenSymmetric(Matrices.symmetric(linearAlgebra.transposedTimes(part, part)));
        Matrix channels = linearAlgebra.timesTransposed(eigen.vectors(), part);
        List<Part> parts = new ArrayList<>();
        for (int k = 0; k < taps; k++) {
            parts.add(new Part(
                    eigen.values()[k],
                    Matrices.block(channels, k, k + 1, m).data(),
                    Matrices.block(eigen.vectors(), k, k + 1, taps).data()));
        }
        return parts;
    }
}
