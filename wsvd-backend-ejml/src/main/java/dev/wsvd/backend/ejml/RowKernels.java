package dev.wsvd.backend.ejml;

/**
 * The inner loops that all the flops go through: rows of C gain multiples of rows of B, over one range of columns.
 *
 * <p>Written for HotSpot's vectoriser. It takes loops whose arrays share one index without offsets and whose body is small:
 * three rows by three is the largest tile it accepts on both JDK 17 and 25. On JDK 17 it gives up when such a loop is inlined
 * into others. A method of more than 325 bytes of bytecode never is, which is half the reason why one and two columns are
 * spelled out.
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
                int w0 = i * inner + k;
                int w1 = w0 + inner;
                int w2 = w1 + inner;
                addThreeByThree(
                        c[i], c[i + 1], c[i + 2], b[k], b[k + 1], b[k + 2], w[w0], w[w0 + 1], w[w0 + 2], w[w1],
                        w[w1 + 1], w[w1 + 2], w[w2], w[w2 + 1], w[w2 + 2], from, to);
            }
        }
    }

    private static void addThreeByThree(
            double[] c0,
            double[] c1,
            double[] c2,
            double[] b0,
            double[] b1,
            double[] b2,
            double w00,
            double w01,
            double w02,
            double w10,
            double w11,
            double w12,
            double w20,
            double w21,
            double w22,
            int from,
            int to) {
        if (to - from <= 2) {
            int last = to - 1;
            if (last > from) {
                c0[from] = Fma.of(w02, b2[from], Fma.of(w01, b1[from], Fma.of(w00, b0[from], c0[from])));
                c1[from] = Fma.of(w12, b2[from], Fma.of(w11, b1[from], Fma.of(w10, b0[from], c1[from])));
                c2[from] = Fma.of(w22, b2[from], Fma.of(w21, b1[from], Fma.of(w20, b0[from], c2[from])));
            }
            c0[last] = Fma.of(w02, b2[last], Fma.of(w01, b1[last], Fma.of(w00, b0[last], c0[last])));
            c1[last] = Fma.of(w12, b2[last], Fma.of(w11, b1[last], Fma.of(w10, b0[last], c1[last])));
            c2[last] = Fma.of(w22, b2[last], Fma.of(w21, b1[last], Fma.of(w20, b0[last], c2[last])));
            return;
        }
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
        double[] b0 = b[first + 0];
        double s0 = s[first + 0];
        double[] b1 = b[first + 1];
        double s1 = s[first + 1];
        double[] b2 = b[first + 2];
        double s2 = s[first + 2];
        double[] b3 = b[first + 3];
        double s3 = s[first + 3];
        double[] b4 = b[first + 4];
        double s4 = s[first + 4];
        double[] b5 = b[first + 5];
        double s5 = s[first + 5];
        if (to - from <= 2) {
            int last = to - 1;
            if (last > from) {
                double sum = Fma.of(s2, b2[from], Fma.of(s1, b1[from], Fma.of(s0, b0[from], c[from])));
                c[from] = Fma.of(s5, b5[from], Fma.of(s4, b4[from], Fma.of(s3, b3[from], sum)));
            }
            double sum = Fma.of(s2, b2[last], Fma.of(s1, b1[last], Fma.of(s0, b0[last], c[last])));
            c[last] = Fma.of(s5, b5[last], Fma.of(s4, b4[last], Fma.of(s3, b3[last], sum)));
            return;
        }
        for (int j = from; j < to; j++) {
            double sum = Fma.of(s2, b2[j], Fma.of(s1, b1[j], Fma.of(s0, b0[j], c[j])));
            c[j] = Fma.of(s5, b5[j], Fma.of(s4, b4[j], Fma.of(s3, b3[j], sum)));
        }
    }
}
