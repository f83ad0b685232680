package dev.wsvd.selection;

import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What budgeted selection aims at; at least one of these.
 *
 * @param target the model's cost after / before, an upper bound
 * @param most the most that the model may cost, by metric
 * @param maxDrop the most that the score may fall below the original's: the smallest model found that keeps it, within the
 *     other limits
 */
public record BudgetSelectionParameters(
        Optional<CompressionRatio> target, Map<Metric, Long> most, OptionalDouble maxDrop) {
    /** @throws InvalidInputException if there is nothing to aim at, a limit below 1 or a drop below 0 */
    public BudgetSelectionParameters {
        Objects.requireNonNull(target, "target");
        most = Collections.unmodifiableMap(new LinkedHashMap<>(most));
        if (target.isEmpty() && most.isEmpty() && maxDrop.isEmpty()) {
            throw new InvalidInputException("Budgeted selection needs something to aim at: a target ratio, a largest"
                    + " number of MACs or parameters, or a largest drop of the score.");
        }
        if (maxDrop.isPresent() && !(maxDrop.getAsDouble() >= 0 && Double.isFinite(maxDrop.getAsDouble()))) {
            throw new InvalidInputException("The largest drop of the score must be a number of at least 0, found "
                    + maxDrop.getAsDouble() + ".");
        }
        most.forEach(CostLimits::of);
    }

    /** A target ratio. */
    public static BudgetSelectionParameters of(CompressionRatio target) {
        return new BudgetSelectionParameters(Optional.of(target), Map.of(), OptionalDouble.empty());
    }

    /** Whether the ratio is all that limits. */
    public boolean onlyTarget() {
        return most.isEmpty() && maxDrop.isEmpty();
    }

    /** The limits these stand for, empty if only the score is limited. */
    Optional<CostLimits> limits(Metric metric, Cost before) {
        Optional<CostLimits> limits = target.map(ratio -> CostLimits.of(metric, ratio, before));
        for (Map.Entry<Metric, Long> limit : most.entrySet()) {
            CostLimits one = CostLimits.of(limit.getKey(), limit.getValue());
            limits = Optional.of(limits.map(others -> others.and(one)).orElse(one));
        }
        return limits;
    }
}
