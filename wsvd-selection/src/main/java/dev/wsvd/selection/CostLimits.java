package dev.wsvd.selection;

import dev.wsvd.domain.CompressionRatio;
import dev.wsvd.domain.Cost;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.UnreachableTargetException;
import java.math.BigInteger;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The most a model may cost, in one metric or in both at once. Immutable. */
public final class CostLimits {
    /**
     * The most it may cost in one metric.
     *
     * @param most inclusive
     * @param ratio the ratio of the original's cost that it was given as, if it was
     */
    private record Limit(long most, Optional<CompressionRatio> ratio) {}

    private final Map<CostMetric, Limit> limits;

    private CostLimits(Map<CostMetric, Limit> limits) {
        this.limits = limits;
    }

    /**
     * A number.
     *
     * @param most inclusive
     * @throws InvalidInputException if it is below 1
     */
    public static CostLimits of(CostMetric metric, long most) {
        if (most < 1) {
            throw new InvalidInputException("The largest " + metric + " cost must be at least 1, found " + most + ".");
        }
        return new CostLimits(Map.of(metric, new Limit(most, Optional.empty())));
    }

    /** A ratio of what a model costs. */
    public static CostLimits of(CostMetric metric, CompressionRatio ratio, Cost before) {
        BigInteger most = BigInteger.valueOf(before.of(metric))
                .multiply(BigInteger.valueOf(ratio.numerator()))
                .divide(BigInteger.valueOf(ratio.denominator()));
        return new CostLimits(Map.of(metric, new Limit(Math.max(1, most.longValueExact()), Optional.of(ratio))));
    }

    /** These limits and others; of two for one metric the lower. */
    public CostLimits and(CostLimits others) {
        Map<CostMetric, Limit> all = new EnumMap<>(limits);
        others.limits.forEach((metric, limit) -> all.merge(metric, limit, (a, b) -> a.most <= b.most ? a : b));
        return new CostLimits(all);
    }

    /** The metrics that are limited. */
    Set<CostMetric> limited() {
        return limits.keySet();
    }

    /** The most it may cost in a metric that is limited. */
    long most(CostMetric metric) {
        return limits.get(metric).most;
    }

    boolean admit(Cost cost) {
        return limits.entrySet().stream().allMatch(limit -> cost.of(limit.getKey()) <= limit.getValue().most);
    }

    /** A cost in units of the limits: above 1 if one is exceeded. */
    double use(Cost cost) {
        return limits.keySet().stream()
                .mapToDouble(metric -> use(cost, metric))
                .max()
                .orElseThrow();
    }

    private double use(Cost cost, CostMetric metric) {
        return (double) cost.of(metric) / most(metric);
    }

    /** The limit that is exceeded most, as an error. */
    UnreachableTargetException unreachable(Cost smallest, Cost before) {
        CostMetric worst = limits.keySet().stream()
                .max(Comparator.comparingDouble(metric -> use(smallest, metric)))
                .orElseThrow();
        double ratio = CostBudget.ratio(smallest.of(worst), before.of(worst));
        return limits.get(worst)
                .ratio
                .map(target -> new UnreachableTargetException(worst.id(), target.toDouble(), ratio))
                .orElseGet(() -> UnreachableTargetException.ofNumber(
                        worst == CostMetric.MAC ? "MACs" : "parameters", most(worst), smallest.of(worst), ratio));
    }
}
