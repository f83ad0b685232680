package dev.wsvd.domain.linalg;

/**
 * Eigendecomposition A = Qᵀ diag(λ) Q of a symmetric n × n matrix.
 *
 * @param values λ, n of them, descending; may be slightly negative from rounding where A is positive semidefinite
 * @param vectors Q, n × n or its leading rows: row i is the unit eigenvector of λ_i (rows, so that the leading ones are
 *     contiguous); signs and the basis of a repeated eigenvalue's space are not promised
 */
public record SymmetricEigen(double[] values, Matrix vectors) {}
