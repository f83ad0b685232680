package dev.wsvd.backend.ejml;

import dev.wsvd.domain.error.LinearAlgebraException;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.linalg.SymmetricEigen;
import dev.wsvd.domain.linalg.Workers;
import java.util.Arrays;

/**
 * The eigendecomposition of a symmetric matrix: EJML's for a small one; else reduction to tridiagonal form, divide and
 * conquer, and back.
 */
final class SymmetricEigensolver {
    /** Up to here EJML, on one thread, is as fast. */
    private static final int SMALL = 40;

    private SymmetricEigensolver() {}

    /** All values, descending, and the vectors of the {@code count} largest. */
    static SymmetricEigen decompose(Matrix a, int count) {
        if (a.rows() <= SMALL) {
            return SmallEigen.decompose(a, count);
        }
        try {
            return decomposeLarge(a, count);
        } catch (LinearAlgebraException e) {
            throw new LinearAlgebraException("The eigendecomposition of a " + a + " matrix: " + e.getMessage(), e);
        }
    }

    private static SymmetricEigen decomposeLarge(Matrix a, int count) {
        int n = a.rows();
        int exponent = scaleExponent(a.data());
        Tridiagonalization tridiagonal = new Tridiagonalization(scaledRows(a, -exponent));
        double[] ascending = tridiagonal.diagonal();
        double[][] vectors = leading(ascending, tridiagonal.offDiagonal(), count);
        new BackTransformation(tridiagonal).apply(vectors);
        double[] values = new double[n];
        for (int i = 0; i < n; i++) {
            values[i] = Math.scalb(ascending[n - 1 - i], exponent);
        }
        double[] data = Matrix.allocate(count, n);
        for (int i = 0; i < count; i++) {
            System.arraycopy(vectors[i], 0, data, i * n, n);
        }
        return new SymmetricEigen(values, new Matrix(count, n, data));
    }

    /** The tridiagonal matrix's eigenvectors of the largest eigenvalues, descending. */
    private static double[][] leading(double[] diagonal, double[] offDiagonal, int count) {
        int n = diagonal.length;
        double[][] vectors = Rows.allocate(n, n);
        new DivideAndConquer(diagonal, offDiagonal, vectors, Rows.allocate(n, n));
        double[][] leading = new double[count][];
        Arrays.setAll(leading, i -> vectors[n - 1 - i]);
        return leading;
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
