package dev.wsvd.backend.openblas;

import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.Matrix;
import java.nio.DoubleBuffer;

/**
 * A factor of a product, of which parts are copied to native memory as float64.
 *
 * @param turned whether it is the transposed of what is stored, as which it is copied
 */
record Operand(int rows, int cols, boolean turned, Copy stored) {
    /** Puts some rows and columns of a stored matrix into a buffer, row-major without gaps. */
    interface Copy {
        void to(int row, int rows, int col, int cols, DoubleBuffer buffer);
    }

    static Operand of(Matrix a) {
        return new Operand(a.rows(), a.cols(), false, (row, rows, col, cols, buffer) -> {
            for (int i = 0; i < rows; i++) {
                buffer.put(i * cols, a.data(), (row + i) * a.cols() + col, cols);
            }
        });
    }

    static Operand of(FloatMatrix a) {
        return new Operand(a.rows(), a.cols(), false, (row, rows, col, cols, buffer) -> {
            double[] wide = new double[cols];
            for (int i = 0; i < rows; i++) {
                int from = (row + i) * a.cols() + col;
                for (int j = 0; j < cols; j++) {
                    wide[j] = a.data()[from + j];
                }
                buffer.put(i * cols, wide);
            }
        });
    }

    Operand transposed() {
        return new Operand(cols, rows, !turned, stored);
    }

    /** Copies some rows and columns. */
    void pack(int row, int rows, int col, int cols, DoubleBuffer buffer) {
        if (turned) {
            stored.to(col, cols, row, rows, buffer);
        } else {
            stored.to(row, rows, col, cols, buffer);
        }
    }
}
