package dev.wsvd.benchmarks;

import java.util.SplittableRandom;

/** Weights as a network has them before it is trained. */
final class Weights {
    private Weights() {}

    /** Standard normal, the same for the same seed. */
    static float[] gaussian(long count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] weights = new float[Math.toIntExact(count)];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) random.nextGaussian();
        }
        return weights;
    }
}
