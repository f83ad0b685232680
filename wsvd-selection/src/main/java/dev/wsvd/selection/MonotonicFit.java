package dev.wsvd.selection;

import dev.wsvd.domain.error.InvalidInputException;
import java.util.Arrays;

/**
 * Isotonic regression: the never-falling sequence nearest to a noisy one.
 *
 * <p>R. E. Barlow, D. J. Bartholomew, J. M. Bremner, H. D. Brunk, "Statistical Inference under Order Restrictions", 1972
 * (pool adjacent violators).
 */
public final class MonotonicFit {
    private MonotonicFit() {}

    /**
     * The f with f[0] ≤ f[1] ≤ … that minimises Σ (f[i] − scores[i])².
     *
     * @param scores such as one layer's, from the most to the least compressed candidate; not written to
     * @throws InvalidInputException if a score is NaN, or infinities of both signs meet
     */
    public static double[] of(double[] scores) {
        double[] means = new double[scores.length];
        int[] ends = new int[scores.length];
        int blocks = 0;
        for (int i = 0; i < scores.length; i++) {
            means[blocks] = scores[i];
            ends[blocks] = i + 1;
            blocks++;
            while (blocks > 1 && means[blocks - 2] > means[blocks - 1]) {
                int start = blocks == 2 ? 0 : ends[blocks - 3];
                blocks--;
                means[blocks - 1] =
                        Arrays.stream(scores, start, i + 1).average().orElseThrow();
                ends[blocks - 1] = i + 1;
            }
        }
        double[] fitted = new double[scores.length];
        for (int block = 0; block < blocks; block++) {
            Arrays.fill(fitted, block == 0 ? 0 : ends[block - 1], ends[block], means[block]);
        }
        if (Arrays.stream(fitted).anyMatch(Double::isNaN)) {
            throw new InvalidInputException(
                    "Scores without a mean cannot be fitted, found " + Arrays.toString(scores) + ".");
        }
        return fitted;
    }
}
