package dev.wsvd.factorization;

import dev.wsvd.domain.linalg.Cholesky;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;

/**
 * Looks for projectors P, r × D, that miss less than given ones when J taps share them: in turn P is fitted for the second
 * factors B, and B for P. What is missed, tr[(W − B T) C (W − B T)ᵀ] with T = P ⊗ I_J, is quadratic in P, with the gradient
 * −2 Σ_j B_jᵀ [(W − B T) C]_j; a few steps of conjugate gradients go down it, preconditioned by (Σ_j B_jᵀ B_j) ⊗ C_D, which is
 * the whole quadratic form where taps are uncorrelated and alike.
 */
final class ProjectorSearch {
    private static final int ROUNDS = 8;
    private static final int STEPS = 6;
    /** A round that lowers what is missed by a smaller share is the last. */
    private static final double WORTHWHILE = 2e-3;

    private static final double RIDGE = 1e-9;

    private final LinearAlgebra linearAlgebra;
    private final Covariance covariance;
    private final Matrix wc;
    private final double energy;
    private final int taps;
    private final Cholesky shared;

    ProjectorSearch(LinearAlgebra linearAlgebra, Covariance covariance, Matrix wc, double energy, int taps) {
        this.linearAlgebra = linearAlgebra;
        this.covariance = covariance;
        this.wc = wc;
        this.energy = energy;
        this.taps = taps;
        this.shared = linearAlgebra.cholesky(Matrices.withRidge(covariance.shared(taps), RIDGE));
    }

    /**
     * A fit of a rank that misses less than the leading projectors of another do; that other if none is found.
     *
     * @param rank at least 1
     */
    ProjectedFit better(ProjectedFit start, int rank) {
        ProjectedFit best = start;
        double least = start.missingByRank(energy)[rank];
        for (int round = 0; round < ROUNDS && least > 0; round++) {
            Matrix p = fitted(
                    Matrices.leadingRows(best.projectors(), rank),
                    best.second(rank).transposed());
            ProjectedFit fit = new ProjectedFit(linearAlgebra, covariance, wc, Matrices.unitRows(p), taps);
            double missing = fit.missingByRank(energy)[rank];
            boolean worthwhile = missing < least * (1 - WORTHWHILE);
            if (missing < least) {
                best = fit;
                least = missing;
            }
            if (!worthwhile) {
                break;
            }
        }
        return best;
    }

    /** P for second factors B, n' × r·J, from another P on. */
    private Matrix fitted(Matrix from, Matrix b) {
        Matrix byTap = Matrices.unfolded(b, taps);
        Cholesky gram = linearAlgebra.cholesky(Matrices.withRidge(linearAlgebra.timesTransposed(byTap, byTap), RIDGE));
        Matrix p = from;
        Matrix residual = Matrices.plus(gathered(byTap, wc), -1, applied(p, b, byTap));
        Matrix preconditioned = preconditioned(residual, gram);
        Matrix direction = preconditioned;
        double size = Matrices.dot(residual, preconditioned);
        for (int step = 0; step < STEPS && size > 0; step++) {
            Matrix curved = applied(direction, b, byTap);
            double curvature = Matrices.dot(direction, curved);
            if (!(curvature > 0)) {
                break;
            }
            p = Matrices.plus(p, size / curvature, direction);
            residual = Matrices.plus(residual, -size / curvature, curved);
            preconditioned = preconditioned(residual, gram);
            double before = size;
            size = Matrices.dot(residual, preconditioned);
            direction = Matrices.plus(preconditioned, size / before, direction);
        }
        return p;
    }

    /** Σ_j B_jᵀ [B (P ⊗ I_J) C]_j, r × D. */
    private Matrix applied(Matrix p, Matrix b, Matrix byTap) {
        return gathered(byTap, linearAlgebra.multiply(b, covariance.times(p, taps)));
    }

    /** Σ_j B_jᵀ V_j, r × D, of V with D·J columns. */
    private Matrix gathered(Matrix byTap, Matrix v) {
        return linearAlgebra.timesTransposed(byTap, Matrices.unfolded(v, taps));
    }

    private Matrix preconditioned(Matrix residual, Cholesky gram) {
        return shared.solve(gram.solve(residual).transposed()).transposed();
    }
}
