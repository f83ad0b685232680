package dev.wsvd.domain.linalg;

import dev.wsvd.domain.error.LinearAlgebraException;

/**
 * A row-major float64 matrix, the form arithmetic has. A view: the array is not copied, and nobody writes to it.
 *
 * @param rows at least 1
 * @param cols at least 1
 * @param data rows × cols elements
 */
public record Matrix(int rows, int cols, double[] data) {
    public Matrix {
        if (rows < 1 || cols < 1 || data.length != Math.multiplyExact(rows, cols)) {
            throw new LinearAlgebraException(
                    "A " + rows + "×" + cols + " matrix cannot be made of " + data.length + " elements.");
        }
    }

    /** The element of a row and a column, both from 0. */
    public double get(int row, int col) {
        return data[row * cols + col];
    }

    /**
     * Refuses what no arithmetic can repair.
     *
     * @throws LinearAlgebraException if an element is NaN or infinite; the message names the first
     */
    public void requireFinite() {
        for (int i = 0; i < data.length; i++) {
            if (!Double.isFinite(data[i])) {
                throw new LinearAlgebraException("A " + this + " matrix holds " + data[i] + " at row " + i / cols
                        + ", column " + i % cols + "; only finite elements can be used.");
            }
        }
    }

    @Override
    public String toString() {
        return rows + "×" + cols + " float64";
    }
}
