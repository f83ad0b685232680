package dev.wsvd.backend.openblas;

import static org.bytedeco.openblas.global.openblas.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas.CblasUpper;
import static org.bytedeco.openblas.global.openblas.LAPACKE_dsyevd;
import static org.bytedeco.openblas.global.openblas.LAPACK_COL_MAJOR;
import static org.bytedeco.openblas.global.openblas.cblas_dgemm;
import static org.bytedeco.openblas.global.openblas.cblas_dsyrk;

import dev.wsvd.domain.error.LinearAlgebraException;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.linalg.SymmetricEigen;
import java.nio.DoubleBuffer;
import org.bytedeco.javacpp.DoublePointer;

/**
 * Linear algebra by {@code dsyrk}, {@code dsyevd} and {@code dgemm}. Float32 operands are widened block by block into native
 * memory, so that beside the result never more than a few blocks exist. Stateless, so that threads can share one; calls wait
 * for each other.
 */
final class OpenblasLinearAlgebra implements LinearAlgebra {
    /** Doubles in a block: 2 MB, which stay in a core's cache between widening and multiplying. */
    private static final int BLOCK = 1 << 18;

    @Override
    public Matrix gram(FloatMatrix a) {
        a.requireFinite();
        int p = a.rows();
        double[] g = square(a, p);
        return Threads.run(() -> {
            int width = blockWidth(p, a.cols());
            try (DoublePointer sum = new DoublePointer((long) p * p);
                    DoublePointer block = new DoublePointer((long) p * width)) {
                for (int col = 0; col < a.cols(); col += width) {
                    int cols = Math.min(width, a.cols() - col);
                    widen(a, col, cols, block);
                    cblas_dsyrk(
                            CblasRowMajor, CblasUpper, CblasNoTrans, p, cols, 1, block, cols, col == 0 ? 0 : 1, sum, p);
                }
                sum.get(g);
                mirror(g, p);
                return new Matrix(p, p, g);
            }
        });
    }

    @Override
    public SymmetricEigen eigenSymmetric(Matrix a) {
        return eigenLeading(a, a.rows());
    }

    @Override
    public SymmetricEigen eigenLeading(Matrix a, int count) {
        if (a.rows() != a.cols()) {
            throw new LinearAlgebraException("The eigendecomposition of a " + a + " matrix: it must be square.");
        }
        int n = a.rows();
        if (count < 1 || count > n) {
            throw new LinearAlgebraException(
                    "The leading " + count + " eigenvectors of a " + a + " matrix: there are 1 … " + n + ".");
        }
        a.requireFinite();
        return Threads.run(() -> {
            try (DoublePointer vectors = new DoublePointer((long) n * n);
                    DoublePointer values = new DoublePointer(n)) {
                vectors.put(a.data());
                int info = LAPACKE_dsyevd(LAPACK_COL_MAJOR, (byte) 'V', (byte) 'L', n, vectors, n, values);
                if (info != 0) {
                    throw new LinearAlgebraException(
                            "The eigendecomposition of a " + a + " matrix failed: LAPACK's dsyevd says " + info + ".");
                }
                return descending(values, vectors, n, count);
            }
        });
    }

    /** LAPACK's order is ascending, and its columns are our rows. */
    private static SymmetricEigen descending(DoublePointer values, DoublePointer vectors, int n, int count) {
        double[] descending = new double[n];
        double[] rows = new double[Math.multiplyExact(count, n)];
        for (int i = 0; i < n; i++) {
            descending[i] = values.get(n - 1L - i);
        }
        for (int i = 0; i < count; i++) {
            vectors.position((n - 1L - i) * n).get(rows, i * n, n);
        }
        vectors.position(0);
        return new SymmetricEigen(descending, new Matrix(count, n, rows));
    }

    @Override
    public FloatMatrix multiply(Matrix a, FloatMatrix b) {
        if (a.cols() != b.rows()) {
            throw new LinearAlgebraException("The product of a " + a + " and a " + b
                    + " matrix: the columns of the first must be as many as the rows of the second.");
        }
        a.requireFinite();
        b.requireFinite();
        int k = a.rows();
        int p = a.cols();
        float[] product = FloatMatrix.allocate(k, b.cols());
        return Threads.run(() -> {
            int width = blockWidth(Math.max(p, k), b.cols());
            try (DoublePointer left = new DoublePointer((long) k * p);
                    DoublePointer right = new DoublePointer((long) p * width);
                    DoublePointer result = new DoublePointer((long) k * width)) {
                left.put(a.data());
                for (int col = 0; col < b.cols(); col += width) {
                    int cols = Math.min(width, b.cols() - col);
                    widen(b, col, cols, right);
                    cblas_dgemm(
                            CblasRowMajor,
                            CblasNoTrans,
                            CblasNoTrans,
                            k,
                            cols,
                            p,
                            1,
                            left,
                            p,
                            right,
                            cols,
                            0,
                            result,
                            cols);
                    round(result, k, col, cols, product, b.cols());
                }
                return new FloatMatrix(k, b.cols(), product);
            }
        });
    }

    private static int blockWidth(int rows, int cols) {
        return Math.min(cols, Math.max(1, BLOCK / rows));
    }

    /** Columns col … col + cols − 1 of a matrix, row-major without gaps. */
    private static void widen(FloatMatrix a, int col, int cols, DoublePointer block) {
        DoubleBuffer to = block.asBuffer();
        double[] row = new double[cols];
        for (int i = 0; i < a.rows(); i++) {
            int from = i * a.cols() + col;
            for (int j = 0; j < cols; j++) {
                row[j] = a.data()[from + j];
            }
            to.put(row);
        }
    }

    private static void round(DoublePointer block, int rows, int col, int cols, float[] into, int stride) {
        DoubleBuffer from = block.asBuffer();
        double[] row = new double[cols];
        for (int i = 0; i < rows; i++) {
            from.get(row);
            int to = i * stride + col;
            for (int j = 0; j < cols; j++) {
                into[to + j] = (float) row[j];
            }
        }
    }

    private static double[] square(FloatMatrix a, int p) {
        if ((long) p * p > Integer.MAX_VALUE - 8) {
            throw new LinearAlgebraException(
                    "The Gram matrix of a " + a + " matrix is too large: " + p + "×" + p + ".");
        }
        return new double[p * p];
    }

    private static void mirror(double[] g, int p) {
        for (int i = 0; i < p; i++) {
            for (int j = i + 1; j < p; j++) {
                g[j * p + i] = g[i * p + j];
            }
        }
    }
}
