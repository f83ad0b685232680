package dev.wsvd.domain.linalg;

/**
 * A = U S Vᵀ of a p × q matrix with p ≤ q, of which the leading k directions are kept.
 *
 * <p>The matrix of rank r ≤ k nearest to A (Eckart–Young) is U_r · (S Vᵀ)_r: the first r rows of {@code ut}, transposed,
 * times the first r rows of {@code svt}.
 *
 * @param values all p singular values, descending, non-negative
 * @param ut Uᵀ, k × p, orthonormal rows
 * @param svt S Vᵀ = UᵀA, k × q; the norm of row i is the i-th singular value; zero beyond the numerical rank
 */
public record TruncatedSvd(double[] values, Matrix ut, FloatMatrix svt) {
    /** k, the number of directions kept. */
    public int rank() {
        return ut.rows();
    }
}
