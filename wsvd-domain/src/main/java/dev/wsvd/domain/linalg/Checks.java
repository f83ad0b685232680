package dev.wsvd.domain.linalg;

import dev.wsvd.domain.error.LinearAlgebraException;

/** What every implementation of {@link LinearAlgebra} refuses before any work, with one message for all. */
public final class Checks {
    private Checks() {}

    /**
     * Of {@link LinearAlgebra#eigenLeading}, and with {@code count} = n of {@link LinearAlgebra#eigenSymmetric}.
     *
     * @throws LinearAlgebraException if A is not square, the count is outside 1 … n, or an element is NaN or infinite
     */
    public static void eigen(Matrix a, int count) {
        if (a.rows() != a.cols()) {
            throw new LinearAlgebraException("The eigendecomposition of a " + a + " matrix: it must be square.");
        }
        if (count < 1 || count > a.rows()) {
            throw new LinearAlgebraException(
                    "The leading " + count + " eigenvectors of a " + a + " matrix: there are 1 … " + a.rows() + ".");
        }
        a.requireFinite();
    }

    /**
     * Of {@link LinearAlgebra#multiply(Matrix, FloatMatrix)}.
     *
     * @throws LinearAlgebraException if the inner dims differ, or an element is NaN or infinite
     */
    public static void product(Matrix a, FloatMatrix b) {
        inner(a, b.rows(), b);
        a.requireFinite();
        b.requireFinite();
    }

    /**
     * Of {@link LinearAlgebra#multiply(Matrix, Matrix)}.
     *
     * @throws LinearAlgebraException if the inner dims differ, or an element is NaN or infinite
     */
    public static void product(Matrix a, Matrix b) {
        inner(a, b.rows(), b);
        a.requireFinite();
        b.requireFinite();
    }

    /**
     * The sizes of {@link LinearAlgebra#multiply(Matrix, Matrix)}; see {@link #finite}.
     *
     * @throws LinearAlgebraException if the inner dims differ
     */
    public static void productSizes(Matrix a, Matrix b) {
        inner(a, b.rows(), b);
    }

    /**
     * The sizes of {@link LinearAlgebra#timesTransposed}.
     *
     * @throws LinearAlgebraException if the numbers of columns differ
     */
    public static void timesTransposedSizes(Matrix a, Matrix b) {
        columns(a, a.cols(), b, b.cols());
    }

    /**
     * The sizes of {@link LinearAlgebra#transposedTimes}.
     *
     * @throws LinearAlgebraException if the numbers of rows differ
     */
    public static void transposedTimesSizes(Matrix a, Matrix b) {
        if (a.rows() != b.rows()) {
            throw new LinearAlgebraException("The product of a transposed " + a + " and a " + b
                    + " matrix: they must have the same number of rows.");
        }
    }

    /**
     * A product of two matrices, made of all their elements: what is not finite in them cannot be finite in it. Where it is the smaller,
     * looking at it takes less time than looking at them.
     *
     * @throws LinearAlgebraException if an element of A or B is NaN or infinite
     */
    public static Matrix finite(Matrix product, Matrix a, Matrix b) {
        boolean smaller = product.data().length < (long) a.data().length + b.data().length;
        if (!smaller || !product.isFinite()) {
            a.requireFinite();
            b.requireFinite();
        }
        return product;
    }

    /**
     * Of {@link LinearAlgebra#cross}.
     *
     * @throws LinearAlgebraException if the numbers of columns differ, or an element is NaN or infinite
     */
    public static void cross(FloatMatrix a, FloatMatrix b) {
        columns(a, a.cols(), b, b.cols());
        a.requireFinite();
        b.requireFinite();
    }

    private static void columns(Object a, int ofA, Object b, int ofB) {
        if (ofA != ofB) {
            throw new LinearAlgebraException("The product of a " + a + " and a transposed " + b
                    + " matrix: they must have the same number of columns.");
        }
    }

    /**
     * Of {@link LinearAlgebra#cholesky}.
     *
     * @throws LinearAlgebraException if A is not square, or an element is NaN or infinite
     */
    public static void cholesky(Matrix a) {
        if (a.rows() != a.cols()) {
            throw new LinearAlgebraException("The Cholesky decomposition of a " + a + " matrix: it must be square.");
        }
        a.requireFinite();
    }

    /** What {@link LinearAlgebra#cholesky} throws where a pivot, counted from 0, is not positive. */
    public static LinearAlgebraException notPositive(Matrix a, int pivot) {
        return new LinearAlgebraException(
                "A " + a + " matrix is not positive definite: pivot " + pivot + " is not positive.");
    }

    private static void inner(Matrix a, int rows, Object b) {
        if (a.cols() != rows) {
            throw new LinearAlgebraException("The product of a " + a + " and a " + b
                    + " matrix: the columns of the first must be as many as the rows of the second.");
        }
    }
}
