package dev.wsvd.selection;

import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.UnreachableTargetException;
import java.math.BigInteger;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The most a model may cost, in one metric or in several at once. Immutable. */
final class CostLimits {
    /**
     * The most it may cost in one metric.
     *
     * @param most inclusive
     * @param ratio the ratio of the original's cost that it was given as, if it was
     */
    private record Limit(long most, Optional<CompressionRatio> ratio) {}

    private final Map<Metric, Limit> limits;

    private CostLimits(Map<Metric, Limit> limits) {
        this.limits = limits;
    }

    /**
     * A number.
     *
     * @param most inclusive
     * @throws InvalidInputException if it is below 1
     */
    static CostLimits of(Metric metric, long most) {
        if (most < 1) {
            throw new InvalidInputException("The largest " + metric + " cost must be at least 1, found " + most + ".");
        }
        return new CostLimits(Map.of(metric, new Limit(most, Optional.empty())));
    }

    /** A ratio of what a model costs. */
    static CostLimits of(Metric metric, CompressionRatio ratio, Cost before) {
        BigInteger most = BigInteger.valueOf(before.of(metric))
                .multiply(BigInteger.valueOf(ratio.numerator()))
                .divide(BigInteger.valueOf(ratio.denominator()));
        return new CostLimits(Map.of(metric, new Limit(Math.max(1, most.longValueExact()), Optional.of(ratio))));
    }

    /** These limits and others; of two for one metric the lower. */
    CostLimits and(CostLimits others) {
        Map<Metric, Limit> all = new LinkedHashMap<>(limits);
        others.limits.forEach((metric, limit) -> all.merge(metric, limit, (a, b) -> a.most <= b.most ? a : b));
        return new CostLimits(all);
    }

    /** Those of some metrics that are limited, in their order. */
    List<Metric> limited(Set<Metric> metrics) {
        return metrics.stream().filter(limits::containsKey).toList();
    }

    /** The most it may cost in a metric that is limited. */
    long most(Metric metric) {
        return limits.get(metric).most;
    }

    private double use(Cost cost, Metric metric) {
        return (double) cost.of(metric) / most(metric);
    }

    /** The limit that is exceeded most, as an error. */
    UnreachableTargetException unreachable(Cost smallest, Cost before) {
        Metric worst = limits.keySet().stream()
                .max(Comparator.comparingDouble(metric -> use(smallest, metric)))
                .orElseThrow();
        double ratio = CostBudget.ratio(smallest.of(worst), before.of(worst));
        return limits.get(worst)
                .ratio
                .map(target -> new UnreachableTargetException(worst.id(), target.toDouble(), ratio))
                .orElseGet(() ->
                        UnreachableTargetException.ofNumber(worst.unit(), most(worst), smallest.of(worst), ratio));
    }
}
