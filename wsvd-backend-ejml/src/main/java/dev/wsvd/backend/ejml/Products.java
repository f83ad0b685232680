package dev.wsvd.backend.ejml;

import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.linalg.RoundedProduct;
import dev.wsvd.domain.linalg.Workers;
import java.util.Arrays;

/**
 * Cache-blocked products with float64 sums. A task owns a tile of the result, runs through the whole inner dimension and
 * packs the operands it needs into rows of doubles; no sum depends on how many threads there are.
 */
final class Products {
    /** Columns of a tile: a row of it is 2 KiB, so three rows of C and three of B stay in the L1 cache. */
    private static final int TILE_COLS = 256;

    private static final int MAX_TILE_ROWS = 96;
    private static final int DEPTH = 48;

    private Products() {}

    /** Copies part of the left operand: {@code w[i * stride + k]} = L(row + i, inner + k). */
    interface Left {
        void pack(int row, int rows, int inner, int depth, double[] w, int stride);
    }

    /** Copies part of the right operand: {@code b[k][j]} = R(inner + k, col + j). */
    interface Right {
        void pack(int inner, int depth, int col, int cols, double[][] b);
    }

    /** Takes a finished tile: {@code c[i][j]} is the result's element (row + i, col + j). */
    interface Sink {
        void take(int row, int rows, int col, int cols, double[][] c);
    }

    /** A Aᵀ. */
    static Matrix gram(FloatMatrix a) {
        int p = a.rows();
        double[] g = Matrix.allocate(p, p);
        Sink upper = (row, rows, col, cols, c) -> {
            for (int i = 0; i < rows; i++) {
                int from = Math.max(0, row + i - col);
                if (from < cols) {
                    System.arraycopy(c[i], from, g, (row + i) * p + col + from, cols - from);
                }
            }
        };
        int tileRows = tileRows(p);
        int down = ceil(p, tileRows);
        int across = ceil(p, TILE_COLS);
        // Only tiles that reach the diagonal or lie right of it; the rest is their mirror image.
        int[] tiles = new int[down * across];
        int count = 0;
        for (int t = 0; t < down * across; t++) {
            if ((t % across + 1) * TILE_COLS > t / across * tileRows) {
                tiles[count++] = t;
            }
        }
        Left left = rowsOf(a);
        Right right = columnsFromRowsOf(a);
        Workers.forEach(count, t -> {
            int row = tiles[t] / across * tileRows;
            int col = tiles[t] % across * TILE_COLS;
            tile(left, right, a.cols(), row, Math.min(tileRows, p - row), col, Math.min(TILE_COLS, p - col), upper);
        });
        return Matrix.ofUpperTriangle(p, g);
    }

    /** A B. */
    static FloatMatrix multiply(Matrix a, FloatMatrix b) {
        RoundedProduct product = new RoundedProduct(a, b);
        Sink sink = (row, rows, col, cols, c) -> {
            for (int i = 0; i < rows; i++) {
                product.put(row + i, col, c[i], 0, cols);
            }
        };
        run(rowsOf(a), panelOf(b), a.rows(), b.rows(), b.cols(), sink);
        return product.matrix();
    }

    /** A B. */
    static Matrix multiply(Matrix a, Matrix b) {
        return product(rowsOf(a), panelOf(b), a.rows(), b.rows(), b.cols());
    }

    /** A Bᵀ. */
    static Matrix cross(FloatMatrix a, FloatMatrix b) {
        return product(rowsOf(a), columnsFromRowsOf(b), a.rows(), a.cols(), b.rows());
    }

    /** A Bᵀ. */
    static Matrix timesTransposed(Matrix a, Matrix b) {
        return product(rowsOf(a), columnsFromRowsOf(b), a.rows(), a.cols(), b.rows());
    }

    /** Aᵀ B. */
    static Matrix transposedTimes(Matrix a, Matrix b) {
        return product(rowsFromColumnsOf(a), panelOf(b), a.cols(), a.rows(), b.cols());
    }

    private static Matrix product(Left left, Right right, int rows, int inner, int cols) {
        double[] out = Matrix.allocate(rows, cols);
        Sink sink = (row, some, col, width, c) -> {
            for (int i = 0; i < some; i++) {
                System.arraycopy(c[i], 0, out, (row + i) * cols + col, width);
            }
        };
        run(left, right, rows, inner, cols, sink);
        return new Matrix(rows, cols, out);
    }

    /** L R of rows × inner and inner × cols, tile by tile. */
    static void run(Left left, Right right, int rows, int inner, int cols, Sink sink) {
        int tileRows = tileRows(rows);
        int down = ceil(rows, tileRows);
        int across = ceil(cols, TILE_COLS);
        // Column by column, so that tasks at work at the same time share their part of R in the cache.
        Workers.forEach(Math.multiplyExact(down, across), t -> {
            int row = t % down * tileRows;
            int col = t / down * TILE_COLS;
            tile(left, right, inner, row, Math.min(tileRows, rows - row), col, Math.min(TILE_COLS, cols - col), sink);
        });
    }

    private static void tile(Left left, Right right, int innerSize, int row, int rows, int col, int cols, Sink sink) {
        int paddedRows = ceil(rows, RowKernels.ROWS) * RowKernels.ROWS;
        double[][] c = new double[paddedRows][cols];
        double[][] b = new double[DEPTH][cols];
        double[] w = new double[paddedRows * DEPTH];
        for (int inner = 0; inner < innerSize; inner += DEPTH) {
            int depth = Math.min(DEPTH, innerSize - inner);
            int paddedDepth = ceil(depth, RowKernels.ROWS) * RowKernels.ROWS;
            if (paddedDepth > depth) {
                // Rows left from the round before would otherwise be multiplied by weights that are not packed.
                Arrays.fill(w, 0);
            }
            left.pack(row, rows, inner, depth, w, paddedDepth);
            right.pack(inner, depth, col, cols, b);
            RowKernels.addProduct(c, paddedRows, w, b, paddedDepth, 0, cols);
        }
        sink.take(row, rows, col, cols, c);
    }

    private static Left rowsOf(FloatMatrix a) {
        return (row, rows, inner, depth, w, stride) -> {
            for (int i = 0; i < rows; i++) {
                int from = (row + i) * a.cols() + inner;
                for (int k = 0; k < depth; k++) {
                    w[i * stride + k] = a.data()[from + k];
                }
            }
        };
    }

    private static Left rowsOf(Matrix a) {
        return (row, rows, inner, depth, w, stride) -> {
            for (int i = 0; i < rows; i++) {
                System.arraycopy(a.data(), (row + i) * a.cols() + inner, w, i * stride, depth);
            }
        };
    }

    private static Left rowsFromColumnsOf(Matrix a) {
        return (row, rows, inner, depth, w, stride) -> {
            for (int k = 0; k < depth; k++) {
                int from = (inner + k) * a.cols() + row;
                for (int i = 0; i < rows; i++) {
                    w[i * stride + k] = a.data()[from + i];
                }
            }
        };
    }

    private static Right panelOf(FloatMatrix m) {
        return (inner, depth, col, cols, b) -> {
            for (int k = 0; k < depth; k++) {
                widen(m.data(), (inner + k) * m.cols() + col, b[k], cols);
            }
        };
    }

    private static Right panelOf(Matrix m) {
        return (inner, depth, col, cols, b) -> {
            for (int k = 0; k < depth; k++) {
                System.arraycopy(m.data(), (inner + k) * m.cols() + col, b[k], 0, cols);
            }
        };
    }

    private static Right columnsFromRowsOf(FloatMatrix a) {
        return (inner, depth, col, cols, b) -> {
            int k = 0;
            for (; k + 4 <= depth; k += 4) {
                gather(a, col, cols, inner + k, b[k], b[k + 1], b[k + 2], b[k + 3]);
            }
            for (; k < depth; k++) {
                double[] bk = b[k];
                for (int j = 0; j < cols; j++) {
                    bk[j] = a.data()[(col + j) * a.cols() + inner + k];
                }
            }
        };
    }

    private static Right columnsFromRowsOf(Matrix a) {
        return (inner, depth, col, cols, b) -> {
            for (int j = 0; j < cols; j++) {
                int from = (col + j) * a.cols() + inner;
                for (int k = 0; k < depth; k++) {
                    b[k][j] = a.data()[from + k];
                }
            }
        };
    }

    private static void gather(
            FloatMatrix a, int row, int rows, int col, double[] b0, double[] b1, double[] b2, double[] b3) {
        float[] data = a.data();
        for (int j = 0, from = row * a.cols() + col; j < rows; j++, from += a.cols()) {
            b0[j] = data[from];
            b1[j] = data[from + 1];
            b2[j] = data[from + 2];
            b3[j] = data[from + 3];
        }
    }

    private static void widen(float[] from, int offset, double[] to, int count) {
        for (int j = 0; j < count; j++) {
            to[j] = from[offset + j];
        }
    }

    /** Fewer rows for a small result, so that every thread gets some. */
    private static int tileRows(int rows) {
        return Math.min(MAX_TILE_ROWS, Math.max(24, ceil(rows, 12) * 3));
    }

    private static int ceil(int a, int b) {
        return (a + b - 1) / b;
    }
}
