package dev.wsvd.selection;

import dev.wsvd.domain.CompressionRatio;
import dev.wsvd.domain.Cost;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.error.InvalidInputException;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What budgeted selection aims at; at least one of these.
 *
 * @param target the model's cost after / before, an upper bound
 * @param maxMacs the most multiply-accumulates per sample
 * @param maxParams the most weight elements
 * @param maxDrop the most that the score may fall below the original's: the smallest model found that keeps it, within the
 *     other limits
 */
public record BudgetSelectionParameters(
        Optional<CompressionRatio> target, OptionalLong maxMacs, OptionalLong maxParams, OptionalDouble maxDrop) {
    public BudgetSelectionParameters {
        Objects.requireNonNull(target, "target");
        if (target.isEmpty() && maxMacs.isEmpty() && maxParams.isEmpty() && maxDrop.isEmpty()) {
            throw new InvalidInputException("Budgeted selection needs something to aim at: a target ratio, a largest"
                    + " number of MACs or parameters, or a largest drop of the score.");
        }
        if (maxDrop.isPresent() && !(maxDrop.getAsDouble() >= 0 && Double.isFinite(maxDrop.getAsDouble()))) {
            throw new InvalidInputException("The largest drop of the score must be a number of at least 0, found "
                    + maxDrop.getAsDouble() + ".");
        }
    }

    /** A target ratio. */
    public static BudgetSelectionParameters of(CompressionRatio target) {
        return new BudgetSelectionParameters(
                Optional.of(target), OptionalLong.empty(), OptionalLong.empty(), OptionalDouble.empty());
    }

    /** Whether the ratio is all that limits. */
    public boolean onlyTarget() {
        return maxMacs.isEmpty() && maxParams.isEmpty() && maxDrop.isEmpty();
    }

    /** The limits these stand for, empty if only the score is limited. */
    public Optional<CostLimits> limits(CostMetric metric, Cost before) {
        Optional<CostLimits> limits = target.map(ratio -> CostLimits.of(metric, ratio, before));
        limits = with(limits, CostMetric.MAC, maxMacs);
        return with(limits, CostMetric.MEMORY, maxParams);
    }

    private static Optional<CostLimits> with(Optional<CostLimits> limits, CostMetric metric, OptionalLong most) {
        return most.isEmpty()
                ? limits
                : Optional.of(limits.map(l -> l.and(CostLimits.of(metric, most.getAsLong())))
                        .orElseGet(() -> CostLimits.of(metric, most.getAsLong())));
    }
}
