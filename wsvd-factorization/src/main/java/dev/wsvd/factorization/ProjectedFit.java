package dev.wsvd.factorization;

import dev.wsvd.domain.linalg.Cholesky;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;

/**
 * Second factors B that fit a group's outputs best for projectors P, r × D: B = W C Tᵀ (T C Tᵀ)⁻¹ with T = P ⊗ I_J. One
 * Cholesky decomposition gives the fit, and what it misses, for the leading projectors of every number.
 */
final class ProjectedFit {
    /** A little, so that directions the inputs do not have give nothing instead of noise. */
    private static final double RIDGE = 1e-9;

    private final int taps;
    /** How many taps are solved side by side, because what they see is uncorrelated and alike. */
    private final int folded;

    private final Matrix projectors;
    private final Cholesky cholesky;
    /** L⁻¹ T C Wᵀ: what each added row explains of each output. */
    private final Matrix explained;

    /** @param wc W C, n' × D·J */
    ProjectedFit(LinearAlgebra linearAlgebra, Covariance covariance, Matrix wc, Matrix projectors, int taps) {
        this.taps = taps;
        this.projectors = projectors;
        this.folded = covariance.isFolded(taps) ? taps : 1;
        this.cholesky =
                linearAlgebra.cholesky(Matrices.withRidge(covariance.projected(projectors, taps), RIDGE, RIDGE));
        Matrix right = covariance.projected(wc.transposed(), projectors, taps);
        this.explained = withColumns(right.cols(), cholesky.solveLower(withColumns(folded * right.cols(), right)));
    }

    /** The same elements in rows of another length. */
    private static Matrix withColumns(int cols, Matrix m) {
        return new Matrix(m.data().length / cols, cols, m.data());
    }

    Matrix projectors() {
        return projectors;
    }

    /** L⁻¹ T C Wᵀ for the leading projectors, rank·J × n': what each row explains of each output. */
    Matrix explained(int rank) {
        return Matrices.leadingRows(explained, rank * taps);
    }

    /** Bᵀ for the leading projectors, rank·J × n'. */
    Matrix second(int rank) {
        int cols = explained.cols();
        return withColumns(cols, cholesky.solveUpper(withColumns(folded * cols, explained(rank))));
    }

    /**
     * E‖(W − W') x‖² of centred patches, by how many of the projectors are used.
     *
     * @param energy E‖W x‖²
     */
    double[] missingByRank(double energy) {
        double[] left = new double[projectors.rows() + 1];
        left[0] = energy;
        int perRank = taps * explained.cols();
        for (int r = 1; r < left.length; r++) {
            left[r] = Math.max(0, left[r - 1] - Matrices.energy(explained.data(), (r - 1) * perRank, r * perRank));
        }
        return left;
    }
}
