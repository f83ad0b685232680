package dev.wsvd.backend.ejml;

import java.util.Objects;

/**
 * The inner loops that all the flops go through: rows of C gain multiples of rows of B, over one range of columns.
 *
 * <p>Written for HotSpot's vectoriser, JDK 17's being the pickier one. It takes loops whose arrays share one index without
 * offsets and whose body is small: three rows by three is the largest it accepts on both JDK 17 and 25. It gives up when such
 * the larger loop is inlined into others, and when a branch before a loop was compiled as never taken and then is. So no
 * method here has a branch, and that of three by three is longer than the 325 bytes of bytecode that HotSpot inlines: it
 * fetches its operands itself and checks the range of each.
 *
 * <p>Every element is summed in the order of the rows of B, however the columns are cut up.
 */
final class RowKernels {
    /** {@link #addProduct} takes rows in multiples of this, of C and of B. */
    static final int ROWS = 3;
    /** {@link #addRows} takes this many rows of B. */
    static final int MANY = 6;

    private RowKernels() {}

    /**
     * C += W B for columns from … to − 1.
     *
     * @param c the rows of C
     * @param rows how many rows of C, a multiple of {@link #ROWS}
     * @param w the weights, row-major, {@code rows} × {@code inner}
     * @param inner how many rows of B, a multiple of {@link #ROWS}
     */
    static void addProduct(double[][] c, int rows, double[] w, double[][] b, int inner, int from, int to) {
        for (int i = 0; i < rows; i += ROWS) {
            for (int k = 0; k < inner; k += ROWS) {
                addThreeByThree(c, i, w, inner, b, k, from, to);
            }
        }
    }

    private static void addThreeByThree(
            double[][] c, int i, double[] w, int inner, double[][] b, int k, int from, int to) {
        double[] c0 = c[i];
        double[] c1 = c[i + 1];
        double[] c2 = c[i + 2];
        double[] b0 = b[k];
        double[] b1 = b[k + 1];
        double[] b2 = b[k + 2];
        double w00 = w[i * inner + k];
        double w01 = w[i * inner + k + 1];
        double w02 = w[i * inner + k + 2];
        double w10 = w[(i + 1) * inner + k];
        double w11 = w[(i + 1) * inner + k + 1];
        double w12 = w[(i + 1) * inner + k + 2];
        double w20 = w[(i + 2) * inner + k];
        double w21 = w[(i + 2) * inner + k + 1];
        double w22 = w[(i + 2) * inner + k + 2];
        Objects.checkFromToIndex(from, to, c0.length);
        Objects.checkFromToIndex(from, to, c1.length);
        Objects.checkFromToIndex(from, to, c2.length);
        Objects.checkFromToIndex(from, to, b0.length);
        Objects.checkFromToIndex(from, to, b1.length);
        Objects.checkFromToIndex(from, to, b2.length);
        for (int j = from; j < to; j++) {
            double x0 = b0[j];
            double x1 = b1[j];
            double x2 = b2[j];
            c0[j] = Fma.of(w02, x2, Fma.of(w01, x1, Fma.of(w00, x0, c0[j])));
            c1[j] = Fma.of(w12, x2, Fma.of(w11, x1, Fma.of(w10, x0, c1[j])));
            c2[j] = Fma.of(w22, x2, Fma.of(w21, x1, Fma.of(w20, x0, c2[j])));
        }
    }

    /** c += Σ s_k b_k over {@link #MANY} rows b_first, …, for columns from … to − 1. */
    static void addRows(double[] c, double[] s, double[][] b, int first, int from, int to) {
        double[] b0 = b[first];
        double[] b1 = b[first + 1];
        double[] b2 = b[first + 2];
        double[] b3 = b[first + 3];
        double[] b4 = b[first + 4];
        double[] b5 = b[first + 5];
        double s0 = s[first];
        double s1 = s[first + 1];
        double s2 = s[first + 2];
        double s3 = s[first + 3];
        double s4 = s[first + 4];
        double s5 = s[first + 5];
        Objects.checkFromToIndex(from, to, c.length);
        Objects.checkFromToIndex(from, to, b0.length);
        Objects.checkFromToIndex(from, to, b1.length);
        Objects.checkFromToIndex(from, to, b2.length);
        Objects.checkFromToIndex(from, to, b3.length);
        Objects.checkFromToIndex(from, to, b4.length);
        Objects.checkFromToIndex(from, to, b5.length);
        for (int j = from; j < to; j++) {
            double sum = Fma.of(s2, b2[j], Fma.of(s1, b1[j], Fma.of(s0, b0[j], c[j])));
            c[j] = Fma.of(s5, b5[j], Fma.of(s4, b4[j], Fma.of(s3, b3[j], sum)));
        }
    }
}
