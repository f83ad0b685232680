package dev.wsvd.domain.linalg;

/**
 * A = U S Vᵀ of a p × q matrix with p ≤ q, of which the leading k directions are kept.
 *
 * <p>The matrix of rank r ≤ k nearest to A (Eckart–Young) is U_r · (S Vᵀ)_r: the first r rows of {@code ut}, transposed,
 * times the first r rows of {@code svt}.
 *
 * @param values the k largest singular values, descending, non-negative
 * @param remainder the sum of the squares of the other singular values, ‖A − A_k‖_F²
 * @param ut Uᵀ, k × p, orthonormal rows
 * @param svt S Vᵀ = UᵀA, k × q; the norm of row i is the i-th singular value; zero beyond the numerical rank
 */
public record TruncatedSvd(double[] values, double remainder, Matrix ut, FloatMatrix svt) {
    /** k, the number of directions kept. */
    public int rank() {
        return ut.rows();
    }
}
