package dev.wsvd.backend.ejml;

import java.util.Arrays;

/** Matrices as arrays of rows, the form {@link RowKernels} works on; square ones can also grow beyond one array's size. */
final class Rows {
    /** The elements after which addresses fall on the same sets of a cache again, and the least distance kept from that. */
    private static final int PERIOD = 512;

    private static final int DISTANCE = 24;

    private Rows() {}

    /** Zero rows of at least {@code cols} elements, longer where a column's elements would compete for the same cache sets. */
    static double[][] allocate(int rows, int cols) {
        // Two elements' worth of header.
        int remainder = (cols + 2) % PERIOD;
        boolean below = remainder > PERIOD - DISTANCE;
        boolean above = remainder < DISTANCE && cols > PERIOD / 2;
        int padding = below ? PERIOD + DISTANCE - remainder : above ? DISTANCE - remainder : 0;
        return new double[rows][cols + padding];
    }

    /** C += s B for columns from … to − 1. */
    static void add(double[] c, double s, double[] b, int from, int to) {
        for (int j = from; j < to; j++) {
            c[j] = Fma.of(s, b[j], c[j]);
        }
    }

    static void scale(double[] c, double s, int from, int to) {
        for (int j = from; j < to; j++) {
            c[j] *= s;
        }
    }

    /** Σ a_j b_j, in four interleaved sums: one sum would wait for each addition to end. */
    static double dot(double[] a, double[] b, int from, int to) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int j = from;
        for (; j + 3 < to; j += 4) {
            s0 = Fma.of(a[j], b[j], s0);
            s1 = Fma.of(a[j + 1], b[j + 1], s1);
            s2 = Fma.of(a[j + 2], b[j + 2], s2);
            s3 = Fma.of(a[j + 3], b[j + 3], s3);
        }
        for (; j < to; j++) {
            s0 = Fma.of(a[j], b[j], s0);
        }
        return (s0 + s1) + (s2 + s3);
    }

    static void clear(double[][] rows) {
        for (double[] row : rows) {
            Arrays.fill(row, 0);
        }
    }
}
