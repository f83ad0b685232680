package dev.wsvd.selection;

import dev.wsvd.domain.plan.Candidate;
import dev.wsvd.domain.score.ScoreTable;
import dev.wsvd.domain.score.ScoreTable.Entry;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Scores without differences that so few samples cannot show: a candidate that scores no less than one standard error below the
 * original counts as scoring what the original does. Layers are then compressed alike, as far as nothing is known against it,
 * rather than by luck.
 *
 * <p>The rule holds where scores are proportions of a known number n of samples, told by every score being a whole number of
 * n-ths; other scores stay as they are. The standard error of a baseline of k right samples is √(p(1 − p)/(n + 4)) with
 * p = (k + 2)/(n + 4), which is not 0 where all are right.
 *
 * <p>The one-standard-error rule of L. Breiman, J. H. Friedman, R. A. Olshen, C. J. Stone, "Classification and Regression
 * Trees", 1984, with the error of A. Agresti, B. A. Coull, "Approximate Is Better than 'Exact' for Interval Estimation of
 * Binomial Proportions", 1998.
 */
final class NoiseFloor {
    /** What single precision may leave of a whole number. */
    private static final double TOLERANCE = 0.01;

    private NoiseFloor() {}

    /**
     * The scores with those above the floor raised, or lowered, to the baseline.
     *
     * @param scores with the baseline, else nothing changes
     * @param samples number of samples behind each score, 0 if unknown
     */
    static ScoreTable applied(ScoreTable scores, long samples) {
        if (!holds(scores, samples)) {
            return scores;
        }
        OptionalDouble baseline = scores.baseline();
        double original = baseline.orElseThrow();
        double floor = original - standardError(original, samples);
        Map<Candidate, Entry> told = new LinkedHashMap<>();
        scores.entries()
                .forEach((candidate, entry) ->
                        told.put(candidate, entry.score() < floor ? entry : new Entry(original, entry.ratio())));
        return ScoreTable.of(baseline, told);
    }

    /** Whether the scores there are are proportions of the samples, the baseline among them. */
    static boolean holds(ScoreTable scores, long samples) {
        return samples > 0 && scores.baseline().isPresent() && areProportions(scores, samples);
    }

    private static double standardError(double proportion, long samples) {
        double p = (proportion * samples + 2) / (samples + 4);
        return Math.sqrt(p * (1 - p) / (samples + 4));
    }

    private static boolean areProportions(ScoreTable scores, long samples) {
        return isProportion(scores.baseline().orElseThrow(), samples)
                && scores.entries().values().stream().allMatch(entry -> isProportion(entry.score(), samples));
    }

    private static boolean isProportion(double score, long samples) {
        double right = score * samples;
        return score >= 0 && score <= 1 && Math.abs(right - Math.rint(right)) <= TOLERANCE;
    }
}
