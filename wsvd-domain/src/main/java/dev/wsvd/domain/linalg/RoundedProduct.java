package dev.wsvd.domain.linalg;

import dev.wsvd.domain.error.LinearAlgebraException;

/** A product A B in the making: takes float64 sums in any order, also from several threads, and rounds each to float32. */
public final class RoundedProduct {
    private final Matrix a;
    private final FloatMatrix b;
    private final FloatMatrix product;

    /** @throws LinearAlgebraException if the product would be too large for an array */
    public RoundedProduct(Matrix a, FloatMatrix b) {
        this.a = a;
        this.b = b;
        this.product = new FloatMatrix(a.rows(), b.cols(), FloatMatrix.allocate(a.rows(), b.cols()));
    }

    /**
     * Sets elements (row, col) … (row, col + count − 1) to {@code sums[offset]} … .
     *
     * @throws LinearAlgebraException if one is beyond the largest float32
     */
    public void put(int row, int col, double[] sums, int offset, int count) {
        float[] to = product.data();
        int at = row * product.cols() + col;
        boolean finite = true;
        for (int j = 0; j < count; j++) {
            float rounded = (float) sums[offset + j];
            finite &= Float.isFinite(rounded);
            to[at + j] = rounded;
        }
        if (!finite) {
            throw new LinearAlgebraException("The product of a " + a + " and a " + b + " matrix has an element in row "
                    + row + " beyond the largest float32.");
        }
    }

    /** The product, once every element was put. */
    public FloatMatrix matrix() {
        return product;
    }
}
