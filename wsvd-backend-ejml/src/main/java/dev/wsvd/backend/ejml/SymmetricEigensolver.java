package dev.wsvd.backend.ejml;

import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.linalg.SymmetricEigen;

/**
 * The eigendecomposition of a symmetric matrix: EJML's for a small one; else reduction to tridiagonal form, divide and
 * conquer, and back.
 */
final class SymmetricEigensolver {
    /** Up to here EJML, on one thread, is as fast. */
    private static final int SMALL = 40;

    private SymmetricEigensolver() {}

    static SymmetricEigen decompose(Matrix a) {
        int n = a.rows();
        if (n <= SMALL) {
            return SmallEigen.decompose(a);
        }
        int exponent = scaleExponent(a.data());
        Tridiagonalization tridiagonal = new Tridiagonalization(scaledRows(a, -exponent));
        double[][] vectors = Rows.allocate(n, n);
        double[] ascending = tridiagonal.diagonal();
        new DivideAndConquer(ascending, tridiagonal.offDiagonal(), vectors, Rows.allocate(n, n));
        new BackTransformation(tridiagonal).apply(vectors, n);
        double[] values = new double[n];
        double[] data = Products.allocate(n, n);
        for (int i = 0; i < n; i++) {
            values[i] = Math.scalb(ascending[n - 1 - i], exponent);
            System.arraycopy(vectors[n - 1 - i], 0, data, i * n, n);
        }
        return new SymmetricEigen(values, new Matrix(n, n, data));
    }

    /** The power of two of the largest element: squares of what is divided by it neither overflow nor vanish. */
    private static int scaleExponent(double[] data) {
        double largest = 0;
        for (double x : data) {
            largest = Math.max(largest, Math.abs(x));
        }
        return largest == 0 ? 0 : Math.getExponent(largest);
    }

    private static double[][] scaledRows(Matrix a, int exponent) {
        int n = a.rows();
        double[][] rows = Rows.allocate(n, n);
        // Two factors: one alone may be beyond the largest double.
        double half = Math.scalb(1.0, exponent / 2);
        double rest = Math.scalb(1.0, exponent - exponent / 2);
        Workers.forEach(n, i -> {
            double[] row = rows[i];
            for (int j = 0; j < n; j++) {
                row[j] = a.data()[i * n + j] * half * rest;
            }
        });
        return rows;
    }
}
