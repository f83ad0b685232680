package dev.wsvd.domain.linalg;

import dev.wsvd.domain.error.LinearAlgebraException;

/**
 * A row-major float32 matrix, the form weights have. A view: the array is not copied, and nobody writes to it.
 *
 * @param rows at least 1
 * @param cols at least 1
 * @param data rows × cols elements
 */
public record FloatMatrix(int rows, int cols, float[] data) {
    public FloatMatrix {
        if (rows < 1 || cols < 1 || data.length != Math.multiplyExact(rows, cols)) {
            throw new LinearAlgebraException(
                    "A " + rows + "×" + cols + " matrix cannot be made of " + data.length + " elements.");
        }
    }

    /** An array for a new rows × cols matrix, or a clear error when it would be too large for one. */
    public static float[] allocate(int rows, int cols) {
        try {
            return new float[Math.multiplyExact(rows, cols)];
        } catch (ArithmeticException e) {
            throw new LinearAlgebraException(
                    "A " + rows + "×" + cols + " matrix has more than " + Integer.MAX_VALUE + " elements.", e);
        }
    }

    /** The transposed copy. */
    public FloatMatrix transposed() {
        float[] out = new float[data.length];
        int tile = 64;
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
        return new FloatMatrix(cols, rows, out);
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
            if (!Float.isFinite(data[i])) {
                throw new LinearAlgebraException("A " + this + " matrix holds " + data[i] + " at row " + i / cols
                        + ", column " + i % cols + "; only finite elements can be used.");
            }
        }
    }

    /** NaN and infinity times 0 are NaN; four sums, so that additions need not wait for each other. */
    private boolean isFinite() {
        float a = 0;
        float b = 0;
        float c = 0;
        float d = 0;
        int i = 0;
        for (; i < data.length - 3; i += 4) {
            a += data[i] * 0f;
            b += data[i + 1] * 0f;
            c += data[i + 2] * 0f;
            d += data[i + 3] * 0f;
        }
        for (; i < data.length; i++) {
            a += data[i] * 0f;
        }
        return a + b + c + d == 0;
    }

    @Override
    public String toString() {
        return rows + "×" + cols + " float32";
    }
}
