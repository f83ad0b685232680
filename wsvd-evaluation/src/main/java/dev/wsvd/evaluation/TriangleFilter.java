package dev.wsvd.evaluation;

import java.util.Arrays;
import java.util.function.IntUnaryOperator;

/**
 * Values at the places of n pixels from those of m, along one side: the mean of values around, weighted by a triangle of half-width
 * max(1, m / n) around (i + ½) m / n.
 */
final class TriangleFilter {
    /** Weights are parts of this, as Pillow's are, so that values are rounded as there. */
    private static final int ONE = 1 << 22;

    private final int[] first;
    private final int[][] weights;

    /**
     * @param from m
     * @param to n
     */
    TriangleFilter(int from, int to) {
        this.first = new int[to];
        this.weights = new int[to][];
        double scale = (double) from / to;
        double reach = Math.max(1, scale);
        for (int i = 0; i < to; i++) {
            double centre = (i + 0.5) * scale;
            first[i] = Math.max(0, (int) (centre - reach + 0.5));
            int end = Math.min(from, (int) (centre + reach + 0.5));
            double[] shares = new double[end - first[i]];
            for (int k = 0; k < shares.length; k++) {
                shares[k] = Math.max(0, 1 - Math.abs((first[i] + k - centre + 0.5) / reach));
            }
            double sum = Arrays.stream(shares).sum();
            weights[i] = Arrays.stream(shares)
                    .mapToInt(share -> (int) (share / sum * ONE + 0.5))
                    .toArray();
        }
    }

    /** The value at a place, rounded. */
    byte at(int i, IntUnaryOperator values) {
        int sum = ONE / 2;
        for (int k = 0; k < weights[i].length; k++) {
            sum += weights[i][k] * values.applyAsInt(first[i] + k);
        }
        return (byte) Math.min(255, sum / ONE);
    }
}
