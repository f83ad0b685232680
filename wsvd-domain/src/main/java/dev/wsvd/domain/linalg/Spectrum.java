package dev.wsvd.domain.linalg;

/**
 * All singular values of a p × q matrix with p ≤ q.
 *
 * @param values p of them, descending, non-negative
 * @param columns q
 */
public record Spectrum(double[] values, int columns) {
    /** p. */
    public int rows() {
        return values.length;
    }
}
