package dev.wsvd.backend.openblas;

import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.linalg.RoundedProduct;
import java.nio.DoubleBuffer;
import org.bytedeco.javacpp.DoublePointer;

/** Copies between matrices and blocks in native memory, which hold some of a matrix's columns, row-major without gaps. */
final class Blocks {
    private Blocks() {}

    /** Columns col … col + cols − 1 of a matrix, as float64. */
    static void widen(FloatMatrix a, int col, int cols, DoublePointer block) {
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

    static void copy(Matrix a, int col, int cols, DoublePointer block) {
        DoubleBuffer to = block.asBuffer();
        for (int i = 0; i < a.rows(); i++) {
            to.put(a.data(), i * a.cols() + col, cols);
        }
    }

    /** A block's columns become columns col … col + cols − 1 of a product. */
    static void round(DoublePointer block, int rows, int col, int cols, RoundedProduct product) {
        DoubleBuffer from = block.asBuffer();
        double[] row = new double[cols];
        for (int i = 0; i < rows; i++) {
            from.get(row);
            product.put(i, col, row, 0, cols);
        }
    }

    static void copyBack(DoublePointer block, int rows, int col, int cols, double[] product, int stride) {
        DoubleBuffer from = block.asBuffer();
        for (int i = 0; i < rows; i++) {
            from.get(product, i * stride + col, cols);
        }
    }
}
