package dev.wsvd.backend.openblas;

import static org.bytedeco.openblas.global.openblas.CblasLeft;
import static org.bytedeco.openblas.global.openblas.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas.CblasNonUnit;
import static org.bytedeco.openblas.global.openblas.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas.CblasTrans;
import static org.bytedeco.openblas.global.openblas.CblasUpper;
import static org.bytedeco.openblas.global.openblas.LAPACKE_dpotrf;
import static org.bytedeco.openblas.global.openblas.LAPACKE_dtrtri;
import static org.bytedeco.openblas.global.openblas.LAPACK_COL_MAJOR;
import static org.bytedeco.openblas.global.openblas.cblas_dtrsm;

import dev.wsvd.domain.linalg.Checks;
import dev.wsvd.domain.linalg.Cholesky;
import dev.wsvd.domain.linalg.Matrix;
import java.nio.DoubleBuffer;
import java.util.Arrays;
import org.bytedeco.javacpp.DoublePointer;

/** LAPACK's {@code dpotrf}. What is a lower triangle for LAPACK, column by column, is an upper one for us, row by row. */
final class OpenblasCholesky implements Cholesky {
    private static final byte LOWER = 'L';
    private static final byte WITH_DIAGONAL = 'N';

    /** Lᵀ. */
    private final Matrix upper;

    OpenblasCholesky(Matrix a) {
        int n = a.rows();
        double[] u = new double[a.data().length];
        Threads.runLong(n, () -> {
            try (DoublePointer factor = new DoublePointer(a.data().length)) {
                factor.put(a.data());
                int info = LAPACKE_dpotrf(LAPACK_COL_MAJOR, LOWER, n, factor, n);
                if (info > 0) {
                    throw Checks.notPositive(a, info - 1);
                }
                factor.get(u);
            }
        });
        clearLower(u, n);
        this.upper = new Matrix(n, n, u);
    }

    private static void clearLower(double[] data, int n) {
        for (int i = 1; i < n; i++) {
            Arrays.fill(data, i * n, i * n + i, 0);
        }
    }

    @Override
    public Matrix upper() {
        return upper;
    }

    @Override
    public Matrix inverseFactor() {
        int n = upper.rows();
        double[] inverse = new double[upper.data().length];
        Threads.runLong(n, () -> {
            try (DoublePointer factor = new DoublePointer(inverse.length)) {
                factor.put(upper.data());
                LAPACKE_dtrtri(LAPACK_COL_MAJOR, LOWER, WITH_DIAGONAL, n, factor, n);
                factor.get(inverse);
            }
        });
        return new Matrix(n, n, inverse).transposed();
    }

    @Override
    public Matrix solveLower(Matrix b) {
        return solved(b, CblasTrans);
    }

    @Override
    public Matrix solveUpper(Matrix b) {
        return solved(b, CblasNoTrans);
    }

    /** The triangle is copied once, and threads share the columns of B. */
    private Matrix solved(Matrix b, int transposed) {
        int m = b.rows();
        int q = b.cols();
        double[] x = Matrix.allocate(m, q);
        Tiles columns = Tiles.ofColumns(m, q);
        Operand triangle = Operand.of(upper);
        Operand right = Operand.of(b);
        try (DoublePointer u = new DoublePointer((long) m * m)) {
            triangle.pack(0, m, 0, m, u.asBuffer());
            Threads.forEach(columns.count(), number -> {
                int col = columns.col(number);
                int cols = columns.cols(number);
                try (DoublePointer solved = new DoublePointer((long) m * cols)) {
                    DoubleBuffer buffer = solved.asBuffer();
                    right.pack(0, m, col, cols, buffer);
                    cblas_dtrsm(
                            CblasRowMajor,
                            CblasLeft,
                            CblasUpper,
                            transposed,
                            CblasNonUnit,
                            m,
                            cols,
                            1,
                            u,
                            m,
                            solved,
                            cols);
                    for (int i = 0; i < m; i++) {
                        buffer.get(i * cols, x, i * q + col, cols);
                    }
                }
            });
        }
        return new Matrix(m, q, x);
    }
}
