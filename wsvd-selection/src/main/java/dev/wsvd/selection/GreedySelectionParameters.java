package dev.wsvd.selection;

import dev.wsvd.domain.cost.CompressionRatio;
import java.util.Objects;

/**
 * Settings of greedy selection.
 *
 * @param target the model's cost after / before, an upper bound
 * @param candidates N: candidate ratios are i/N, i = 1 … N − 1; at least 2
 * @param monotonicFit whether each layer's scores are first smoothed by {@link MonotonicFit}
 * @param allScores whether every candidate is scored, so that the scores, if saved, serve any other target too; else those that the plan
 *     depends on
 */
public record GreedySelectionParameters(
        CompressionRatio target, int candidates, boolean monotonicFit, boolean allScores) {
    public static final int DEFAULT_CANDIDATES = 10;

    public GreedySelectionParameters {
        Objects.requireNonNull(target, "target");
        CandidateRatios.requireCount(candidates);
    }

    /** The defaults with a target: 10 candidates, scores as they are, and none that the plan does not depend on. */
    public static GreedySelectionParameters of(CompressionRatio target) {
        return new GreedySelectionParameters(target, DEFAULT_CANDIDATES, false, false);
    }

    /** These settings with another number of candidates. */
    public GreedySelectionParameters withCandidates(int number) {
        return new GreedySelectionParameters(target, number, monotonicFit, allScores);
    }

    /** These settings with or without the monotonic fit. */
    public GreedySelectionParameters withMonotonicFit(boolean fit) {
        return new GreedySelectionParameters(target, candidates, fit, allScores);
    }

    /** These settings with every candidate scored, or those that the plan depends on. The plan is the same. */
    public GreedySelectionParameters withAllScores(boolean all) {
        return new GreedySelectionParameters(target, candidates, monotonicFit, all);
    }
}
