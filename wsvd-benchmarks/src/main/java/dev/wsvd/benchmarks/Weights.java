package dev.wsvd.benchmarks;

import java.util.SplittableRandom;

/** Matrices to decompose, always the same. */
final class Weights {
    private static final int DIRECTIONS = 300;
    private static final float STRENGTH = 10;

    private Weights() {}

    /** Standard normal: weights as a network has them before it is trained. */
    static float[] gaussian(long count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] weights = new float[Math.toIntExact(count)];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) random.nextGaussian();
        }
        return weights;
    }

    /** Standard normal, and {@value #DIRECTIONS} random directions of a strength that falls as 1, 1/2, 1/3 …. */
    static float[] decaying(int rows, int cols) {
        float[] weights = gaussian((long) rows * cols, 0);
        for (int k = 1; k <= DIRECTIONS; k++) {
            float[] u = gaussian(rows, 2L * k);
            float[] v = gaussian(cols, 2L * k + 1);
            for (int i = 0; i < rows; i++) {
                float factor = STRENGTH / k * u[i];
                for (int j = 0; j < cols; j++) {
                    weights[i * cols + j] += factor * v[j];
                }
            }
        }
        return weights;
    }
}
