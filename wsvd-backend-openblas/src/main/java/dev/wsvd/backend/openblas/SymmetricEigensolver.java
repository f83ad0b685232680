package dev.wsvd.backend.openblas;

import static org.bytedeco.openblas.global.openblas.LAPACKE_dormtr;
import static org.bytedeco.openblas.global.openblas.LAPACKE_dstedc;
import static org.bytedeco.openblas.global.openblas.LAPACKE_dsterf;
import static org.bytedeco.openblas.global.openblas.LAPACKE_dsytrd;
import static org.bytedeco.openblas.global.openblas.LAPACK_COL_MAJOR;

import dev.wsvd.domain.error.LinearAlgebraException;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.linalg.SymmetricEigen;
import org.bytedeco.javacpp.DoublePointer;

/**
 * LAPACK's {@code dsyevd} in its three steps (tridiagonal form, divide and conquer, and back), so that only the eigenvectors
 * that are wanted are transformed back.
 */
final class SymmetricEigensolver {
    private static final byte LOWER = 'L';

    private SymmetricEigensolver() {}

    /** All values, descending, and the vectors of the {@code count} largest. */
    static SymmetricEigen decompose(Matrix a, int count) {
        int n = a.rows();
        double[] ascending = new double[n];
        double[] leading = Matrix.allocate(count, n);
        Threads.runLong(n, () -> {
            try (DoublePointer reflections = new DoublePointer((long) n * n);
                    DoublePointer tau = new DoublePointer(n);
                    DoublePointer values = new DoublePointer(n);
                    DoublePointer offDiagonal = new DoublePointer(n);
                    DoublePointer vectors = new DoublePointer((long) n * n)) {
                reflections.put(a.data());
                check(
                        a,
                        "dsytrd",
                        LAPACKE_dsytrd(LAPACK_COL_MAJOR, LOWER, n, reflections, n, values, offDiagonal, tau));
                check(a, "dstedc", LAPACKE_dstedc(LAPACK_COL_MAJOR, (byte) 'I', n, values, offDiagonal, vectors, n));
                // LAPACK's order is ascending, and its columns are our rows.
                vectors.position((long) (n - count) * n);
                check(
                        a,
                        "dormtr",
                        LAPACKE_dormtr(
                                LAPACK_COL_MAJOR,
                                (byte) 'L',
                                LOWER,
                                (byte) 'N',
                                n,
                                count,
                                reflections,
                                n,
                                tau,
                                vectors,
                                n));
                values.get(ascending);
                for (int i = 0; i < count; i++) {
                    vectors.position((n - 1L - i) * n).get(leading, i * n, n);
                }
                vectors.position(0);
            }
        });
        return new SymmetricEigen(descending(ascending), new Matrix(count, n, leading));
    }

    /** All values, descending. */
    static double[] values(Matrix a) {
        int n = a.rows();
        double[] ascending = new double[n];
        Threads.runLong(n, () -> {
            try (DoublePointer reflections = new DoublePointer((long) n * n);
                    DoublePointer tau = new DoublePointer(n);
                    DoublePointer values = new DoublePointer(n);
                    DoublePointer offDiagonal = new DoublePointer(n)) {
                reflections.put(a.data());
                check(
                        a,
                        "dsytrd",
                        LAPACKE_dsytrd(LAPACK_COL_MAJOR, LOWER, n, reflections, n, values, offDiagonal, tau));
                check(a, "dsterf", LAPACKE_dsterf(n, values, offDiagonal));
                values.get(ascending);
            }
        });
        return descending(ascending);
    }

    private static double[] descending(double[] ascending) {
        int n = ascending.length;
        double[] descending = new double[n];
        for (int i = 0; i < n; i++) {
            descending[i] = ascending[n - 1 - i];
        }
        return descending;
    }

    private static void check(Matrix a, String routine, int info) {
        if (info != 0) {
            throw new LinearAlgebraException(
                    "The eigendecomposition of a " + a + " matrix failed: LAPACK's " + routine + " says " + info + ".");
        }
    }
}
