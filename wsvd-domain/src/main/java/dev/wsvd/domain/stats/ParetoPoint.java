package dev.wsvd.domain.stats;

import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.Evaluation;
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
public record ParetoPoint(CompressionRatio target, Plan plan, Cost cost, Optional<Evaluation> evaluation) {
    public ParetoPoint {
        Objects.requireNonNull(target, "target");
        Objects.requireNonNull(plan, "plan");
        Objects.requireNonNull(cost, "cost");
        Objects.requireNonNull(evaluation, "evaluation");
    }
}
