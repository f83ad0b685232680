package dev.wsvd.backend.ejml;

/**
 * The inner loops that all the flops go through: rows of C gain multiples of rows of B, over one range of columns.
 *
 * <p>Written for HotSpot's vectoriser. It takes loops whose arrays share one index without offsets and whose body is small:
 * three rows by three is the largest tile it accepts on both JDK 17 and 25. Every element is summed in the order of the rows
 * of B, however the columns are cut up.
 */
final class RowKernels {
    private RowKernels() {}

    /**
     * C += W B for columns from … to − 1.
     *
     * @param c the rows of C, a multiple of 3 of them
     * @param w the weights, row-major, {@code rows} × {@code inner}
     * @param rows how many rows of C, a multiple of 3
     * @param inner how many rows of B, a multiple of 3
     */
    static void addProduct(double[][] c, int rows, double[] w, double[][] b, int inner, int from, int to) {
        for (int i = 0; i < rows; i += 3) {
            double[] c0 = c[i];
            double[] c1 = c[i + 1];
            double[] c2 = c[i + 2];
            for (int k = 0; k < inner; k += 3) {
                int w0 = i * inner + k;
                int w1 = w0 + inner;
                int w2 = w1 + inner;
                addThreeByThree(
                        c0, c1, c2, b[k], b[k + 1], b[k + 2], w[w0], w[w0 + 1], w[w0 + 2], w[w1], w[w1 + 1], w[w1 + 2],
                        w[w2], w[w2 + 1], w[w2 + 2], from, to);
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
        for (int j = from; j < to; j++) {
            double x0 = b0[j];
            double x1 = b1[j];
            double x2 = b2[j];
            c0[j] = Math.fma(w02, x2, Math.fma(w01, x1, Math.fma(w00, x0, c0[j])));
            c1[j] = Math.fma(w12, x2, Math.fma(w11, x1, Math.fma(w10, x0, c1[j])));
            c2[j] = Math.fma(w22, x2, Math.fma(w21, x1, Math.fma(w20, x0, c2[j])));
        }
    }

    /** c += Σ s_i b_i for columns from … to − 1. */
    static void addSix(
            double[] c,
            double s0,
            double[] b0,
            double s1,
            double[] b1,
            double s2,
            double[] b2,
            double s3,
            double[] b3,
            double s4,
            double[] b4,
            double s5,
            double[] b5,
            int from,
            int to) {
        for (int j = from; j < to; j++) {
            double lower = Math.fma(s2, b2[j], Math.fma(s1, b1[j], Math.fma(s0, b0[j], c[j])));
            c[j] = Math.fma(s5, b5[j], Math.fma(s4, b4[j], Math.fma(s3, b3[j], lower)));
        }
    }
}
