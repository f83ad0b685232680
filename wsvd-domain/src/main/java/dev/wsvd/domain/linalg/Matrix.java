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
    private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

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

    /** The transposed copy. */
    public Matrix transposed() {
        double[] out = new double[data.length];
        int tile = 32;
        for (int i0 = 0; i0 < rows; i0 += tile) {
            int i1 = Math.min(rows, i0 + tile);
            for (int j0 = 0; j0 < cols; j0 += tile) {
                int j1 = Math.min(cols, j0 + tile);
                for (int i = i0; i < i1; i++) {
                    for (int j = j0; j < j1; j++) {
                        out[j * rows + i] = data[i * cols + j];
                    }
                }
            }
        }
        return new Matrix(cols, rows, out);
    }

    /**
     * Refuses what no arithmetic can repair.
     *
     * @throws LinearAlgebraException if an element is NaN or infinite; the message names the first
     */
    public void requireFinite() {
        if (isFinite()) {
            return;
        }
        for (int i = 0; i < data.length; i++) {
            if (!Double.isFinite(data[i])) {
                throw new LinearAlgebraException("A " + this + " matrix holds " + data[i] + " at row " + i / cols
                        + ", column " + i % cols + "; only finite elements can be used.");
            }
        }
    }

    /** NaN and infinity times 0 are NaN; four sums, so that additions need not wait for each other. */
    boolean isFinite() {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int i = 0;
        for (; i < data.length - 3; i += 4) {
            a += data[i] * 0.0;
            b += data[i + 1] * 0.0;
            c += data[i + 2] * 0.0;
            d += data[i + 3] * 0.0;
        }
        for (; i < data.length; i++) {
            a += data[i] * 0.0;
        }
        return a + b + c + d == 0;
    }

    /** An array for a new rows × cols matrix, or a clear error when it would be too large for one. */
    public static double[] allocate(int rows, int cols) {
        if ((long) rows * cols > LARGEST_ARRAY) {
            throw new LinearAlgebraException(
                    "A " + rows + "×" + cols + " float64 matrix has more elements than a Java array can hold.");
        }
        return new double[rows * cols];
    }

    /**
     * The symmetric n × n matrix of which the upper triangle is given.
     *
     * @param data n × n elements, row-major, which the result takes over; those below the diagonal are overwritten
     */
    public static Matrix ofUpperTriangle(int n, double[] data) {
        int tile = 64;
        for (int i0 = 0; i0 < n; i0 += tile) {
            int i1 = Math.min(n, i0 + tile);
            for (int j0 = 0; j0 < i1; j0 += tile) {
                for (int i = i0; i < i1; i++) {
                    for (int j = j0; j < Math.min(i, j0 + tile); j++) {
                        data[i * n + j] = data[j * n + i];
                    }
                }
            }
        }
        return new Matrix(n, n, data);
    }

    @Override
    public String toString() {
        return rows + "×" + cols + " float64";
    }
}
