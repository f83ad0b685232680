package dev.wsvd.backend.openblas;

import static org.bytedeco.openblas.global.openblas.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas.CblasTrans;
import static org.bytedeco.openblas.global.openblas.CblasUpper;
import static org.bytedeco.openblas.global.openblas.cblas_dgemm;
import static org.bytedeco.openblas.global.openblas.cblas_dsyrk;

import dev.wsvd.domain.linalg.Checks;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.linalg.RoundedProduct;
import dev.wsvd.domain.linalg.SymmetricEigen;
import org.bytedeco.javacpp.DoublePointer;

/**
 * Linear algebra by OpenBLAS. Long operands pass through native memory a block of columns at a time. Stateless, so that
 * threads can share one; calls wait for each other.
 */
final class OpenblasLinearAlgebra implements LinearAlgebra {
    /** Elements of a block, 2 MB: they stay in a core's cache between the copying and the product. */
    private static final int BLOCK = 1 << 18;
    /** The fewest columns, however many rows: with fewer OpenBLAS is not at its best. */
    private static final int FEWEST_COLUMNS = 512;

    @Override
    public Matrix gram(FloatMatrix a) {
        a.requireFinite();
        int p = a.rows();
        double[] g = Matrix.allocate(p, p);
        Threads.run(() -> {
            int width = blockWidth(p, a.cols());
            try (DoublePointer sum = new DoublePointer((long) p * p);
                    DoublePointer block = new DoublePointer((long) p * width)) {
                for (int col = 0; col < a.cols(); col += width) {
                    int cols = Math.min(width, a.cols() - col);
                    Blocks.widen(a, col, cols, block);
                    cblas_dsyrk(
                            CblasRowMajor, CblasUpper, CblasNoTrans, p, cols, 1, block, cols, col == 0 ? 0 : 1, sum, p);
                }
                sum.get(g);
            }
        });
        return Matrix.ofUpperTriangle(p, g);
    }

    @Override
    public Matrix cross(FloatMatrix a, FloatMatrix b) {
        Checks.cross(a, b);
        int p = a.rows();
        int r = b.rows();
        double[] product = Matrix.allocate(p, r);
        Threads.run(() -> {
            int width = blockWidth(Math.max(p, r), a.cols());
            try (DoublePointer sum = new DoublePointer((long) p * r);
                    DoublePointer left = new DoublePointer((long) p * width);
                    DoublePointer right = new DoublePointer((long) r * width)) {
                for (int col = 0; col < a.cols(); col += width) {
                    int cols = Math.min(width, a.cols() - col);
                    Blocks.widen(a, col, cols, left);
                    Blocks.widen(b, col, cols, right);
                    double before = col == 0 ? 0 : 1;
                    cblas_dgemm(
                            CblasRowMajor,
                            CblasNoTrans,
                            CblasTrans,
                            p,
                            r,
                            cols,
                            1,
                            left,
                            cols,
                            right,
                            cols,
                            before,
                            sum,
                            r);
                }
                sum.get(product);
            }
        });
        return new Matrix(p, r, product);
    }

    @Override
    public SymmetricEigen eigenSymmetric(Matrix a) {
        return eigenLeading(a, a.rows());
    }

    @Override
    public SymmetricEigen eigenLeading(Matrix a, int count) {
        Checks.eigen(a, count);
        return SymmetricEigensolver.decompose(a, count);
    }

    @Override
    public FloatMatrix multiply(Matrix a, FloatMatrix b) {
        Checks.product(a, b);
        RoundedProduct product = new RoundedProduct(a, b);
        multiply(a, b.cols(), (col, cols, block) -> Blocks.widen(b, col, cols, block), (col, cols, block) -> {
            Blocks.round(block, a.rows(), col, cols, product);
        });
        return product.matrix();
    }

    @Override
    public Matrix multiply(Matrix a, Matrix b) {
        Checks.product(a, b);
        double[] product = Matrix.allocate(a.rows(), b.cols());
        multiply(a, b.cols(), (col, cols, block) -> Blocks.copy(b, col, cols, block), (col, cols, block) -> {
            Blocks.copyBack(block, a.rows(), col, cols, product, b.cols());
        });
        return new Matrix(a.rows(), b.cols(), product);
    }

    /** Columns col … col + cols − 1 of a matrix go to, or come from, a block: its rows one after the other. */
    private interface Transfer {
        void run(int col, int cols, DoublePointer block);
    }

    private static void multiply(Matrix a, int q, Transfer right, Transfer product) {
        int k = a.rows();
        int p = a.cols();
        Threads.run(() -> {
            int width = blockWidth(Math.max(p, k), q);
            try (DoublePointer l = new DoublePointer((long) k * p);
                    DoublePointer r = new DoublePointer((long) p * width);
                    DoublePointer c = new DoublePointer((long) k * width)) {
                l.put(a.data());
                for (int col = 0; col < q; col += width) {
                    int cols = Math.min(width, q - col);
                    right.run(col, cols, r);
                    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, k, cols, p, 1, l, p, r, cols, 0, c, cols);
                    product.run(col, cols, c);
                }
            }
        });
    }

    private static int blockWidth(int rows, int cols) {
        return Math.min(cols, Math.max(FEWEST_COLUMNS, BLOCK / rows));
    }
}
