package dev.wsvd.domain;

import java.util.Objects;
import java.util.Optional;

/**
 * What the model can be for a ratio of its cost.
 *
 * @param target the ratio aimed at, an upper bound; 1 for the original
 * @param plan what is done to each layer
 * @param cost of the model then
 * @param evaluation of the model then, absent without an evaluator
 */
public record ParetoPoint(CompressionRatio target, RankPlan plan, Cost cost, Optional<Evaluation> evaluation) {
    public ParetoPoint {
        Objects.requireNonNull(target, "target");
        Objects.requireNonNull(plan, "plan");
        Objects.requireNonNull(cost, "cost");
        Objects.requireNonNull(evaluation, "evaluation");
    }
}
