package dev.wsvd.domain.linalg;

/** A = L Lᵀ of a symmetric positive definite n × n matrix, and solutions with its leading blocks. */
public interface Cholesky {
    /** Lᵀ, n × n, with zeros below the diagonal; not to be written to. */
    Matrix upper();

    /** L⁻¹, n × n, with zeros above the diagonal. */
    Matrix inverseFactor();

    /**
     * L⁻¹ B.
     *
     * @param b n × q
     */
    Matrix solveLower(Matrix b);

    /**
     * L_m⁻ᵀ B for the leading m × m block of L: the solution of L_m L_mᵀ X = B' from its first half, B = L_m⁻¹ B'.
     *
     * @param b m × q, m at most n
     */
    Matrix solveUpper(Matrix b);

    /**
     * A⁻¹ B.
     *
     * @param b n × q
     */
    default Matrix solve(Matrix b) {
        return solveUpper(solveLower(b));
    }
}
