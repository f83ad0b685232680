package dev.wsvd.backend.nd4j;

import dev.wsvd.domain.error.LinearAlgebraException;
import dev.wsvd.domain.linalg.Checks;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.linalg.RoundedProduct;
import dev.wsvd.domain.linalg.SymmetricEigen;
import java.util.concurrent.locks.ReentrantLock;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Linear algebra by ND4J's {@code gemm} and {@code syev}, in float64. Its {@code gesvd} is not used: with thin factors it
 * writes beyond its arrays. Stateless, so that threads can share one; calls wait for each other, for the bits of ND4J's
 * products depend on how many threads are free.
 *
 * <p>A row-major matrix of ours is the transposed one in ND4J's column-major order, so a product A B is computed as Bᵀ Aᵀ
 * without turning anything round.
 */
final class Nd4jLinearAlgebra implements LinearAlgebra {
    /** Elements of a block of columns: 32 MB in float64. */
    private static final int BLOCK = 1 << 22;

    private static final ReentrantLock LOCK = new ReentrantLock();

    @Override
    public Matrix gram(FloatMatrix a) {
        a.requireFinite();
        int p = a.rows();
        double[] g = Matrix.allocate(p, p);
        locked(() -> {
            int width = blockWidth(p, a.cols());
            try (Native sum = Native.zeros(p, p)) {
                for (int col = 0; col < a.cols(); col += width) {
                    int cols = Math.min(width, a.cols() - col);
                    try (Native block = Native.of(widened(a, col, cols), cols, p)) {
                        Nd4j.gemm(block.matrix(), block.matrix(), sum.matrix(), true, false, 1, 1);
                    }
                }
                System.arraycopy(sum.elements(), 0, g, 0, g.length);
            }
        });
        // The two halves are summed in different orders; one is taken for both.
        return Matrix.ofUpperTriangle(p, g);
    }

    @Override
    public SymmetricEigen eigenSymmetric(Matrix a) {
        int n = a.rows();
        Checks.eigen(a, n);
        double[] values = new double[n];
        double[] rows = new double[n * n];
        locked(() -> {
            try (Native vectors = Native.of(a.data(), n, n);
                    Native ascending = Native.zeros(n, 1)) {
                int info = Nd4j.getBlasWrapper().lapack().syev('V', 'L', vectors.matrix(), ascending.matrix());
                if (info != 0) {
                    throw new LinearAlgebraException(
                            "The eigendecomposition of a " + a + " matrix failed: ND4J's syev says " + info + ".");
                }
                // LAPACK's order is ascending, and its columns are our rows.
                double[] upwards = ascending.elements();
                double[] columns = vectors.elements();
                for (int i = 0; i < n; i++) {
                    values[i] = upwards[n - 1 - i];
                    System.arraycopy(columns, (n - 1 - i) * n, rows, i * n, n);
                }
            }
        });
        return new SymmetricEigen(values, new Matrix(n, n, rows));
    }

    @Override
    public FloatMatrix multiply(Matrix a, FloatMatrix b) {
        Checks.product(a, b);
        RoundedProduct product = new RoundedProduct(a, b);
        multiply(a, b.cols(), (col, cols) -> widened(b, col, cols), (col, cols, sums) -> {
            for (int i = 0; i < a.rows(); i++) {
                product.put(i, col, sums, i * cols, cols);
            }
        });
        return product.matrix();
    }

    @Override
    public Matrix multiply(Matrix a, Matrix b) {
        Checks.product(a, b);
        double[] product = Matrix.allocate(a.rows(), b.cols());
        multiply(a, b.cols(), (col, cols) -> columns(b, col, cols), (col, cols, sums) -> {
            for (int i = 0; i < a.rows(); i++) {
                System.arraycopy(sums, i * cols, product, i * b.cols() + col, cols);
            }
        });
        return new Matrix(a.rows(), b.cols(), product);
    }

    /** Columns col … col + cols − 1 of a right operand, row-major. */
    private interface Right {
        double[] columns(int col, int cols);
    }

    /** Takes the same columns of a product, row-major. */
    private interface Result {
        void take(int col, int cols, double[] sums);
    }

    private static void multiply(Matrix a, int q, Right b, Result result) {
        int k = a.rows();
        int p = a.cols();
        locked(() -> {
            int width = blockWidth(Math.max(k, p), q);
            try (Native left = Native.of(a.data(), p, k)) {
                for (int col = 0; col < q; col += width) {
                    int cols = Math.min(width, q - col);
                    try (Native right = Native.of(b.columns(col, cols), cols, p);
                            Native product = Native.zeros(cols, k)) {
                        Nd4j.gemm(right.matrix(), left.matrix(), product.matrix(), false, false, 1, 0);
                        result.take(col, cols, product.elements());
                    }
                }
            }
        });
    }

    private static void locked(Runnable call) {
        LOCK.lock();
        try {
            // In a workspace of the caller nothing could be freed.
            MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces();
            try {
                call.run();
            } finally {
                outside.close();
            }
        } finally {
            LOCK.unlock();
        }
    }

    private static int blockWidth(int rows, int cols) {
        return Math.min(cols, Math.max(1, BLOCK / rows));
    }

    private static double[] widened(FloatMatrix a, int col, int cols) {
        double[] block = Matrix.allocate(a.rows(), cols);
        for (int i = 0; i < a.rows(); i++) {
            int from = i * a.cols() + col;
            int to = i * cols;
            for (int j = 0; j < cols; j++) {
                block[to + j] = a.data()[from + j];
            }
        }
        return block;
    }

    private static double[] columns(Matrix a, int col, int cols) {
        double[] block = Matrix.allocate(a.rows(), cols);
        for (int i = 0; i < a.rows(); i++) {
            System.arraycopy(a.data(), i * a.cols() + col, block, i * cols, cols);
        }
        return block;
    }

    /**
     * A column-major matrix outside the heap, freed when closed.
     *
     * @param memory the array that owns the memory
     * @param matrix a view of it
     */
    private record Native(INDArray memory, INDArray matrix) implements AutoCloseable {
        static Native of(double[] elements, int rows, int cols) {
            INDArray memory = Nd4j.createFromArray(elements);
            return new Native(memory, memory.reshape('f', rows, cols));
        }

        static Native zeros(int rows, int cols) {
            INDArray memory = Nd4j.zeros(DataType.DOUBLE, (long) rows * cols);
            return new Native(memory, memory.reshape('f', rows, cols));
        }

        double[] elements() {
            return memory.data().asDouble();
        }

        @Override
        public void close() {
            memory.close();
        }
    }
}
