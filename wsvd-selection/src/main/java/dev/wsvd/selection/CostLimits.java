package dev.wsvd.selection;

import dev.wsvd.domain.CompressionRatio;
import dev.wsvd.domain.Cost;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.UnreachableTargetException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.EnumMap;
import java.util.Map;

/**
 * The most a model may cost, in one metric or in both at once.
 *
 * @param most by metric, inclusive
 */
public record CostLimits(Map<CostMetric, Long> most) {
    public CostLimits {
        most = Map.copyOf(most);
        if (most.isEmpty()) {
            throw new InvalidInputException("No limit is given. Maybe give a target ratio.");
        }
        most.forEach((metric, limit) -> {
            if (limit < 1) {
                throw new InvalidInputException(
                        "The largest " + metric + " cost must be at least 1, found " + limit + ".");
            }
        });
    }

    /** A ratio of what a model costs. */
    public static CostLimits of(CostMetric metric, CompressionRatio ratio, Cost before) {
        BigInteger limit = BigInteger.valueOf(before.of(metric))
                .multiply(BigInteger.valueOf(ratio.numerator()))
                .divide(BigInteger.valueOf(ratio.denominator()));
        return new CostLimits(Map.of(metric, Math.max(1, limit.longValueExact())));
    }

    /** These limits and one more; of two for one metric the lower. */
    public CostLimits and(CostMetric metric, long limit) {
        Map<CostMetric, Long> both = new EnumMap<>(CostMetric.class);
        both.putAll(most);
        both.merge(metric, limit, Math::min);
        return new CostLimits(both);
    }

    boolean admit(Cost cost) {
        for (Map.Entry<CostMetric, Long> limit : most.entrySet()) {
            if (cost.of(limit.getKey()) > limit.getValue()) {
                return false;
            }
        }
        return true;
    }

    /** A cost in units of the limits: above 1 if one is exceeded. */
    double use(Cost cost) {
        return most.entrySet().stream()
                .mapToDouble(limit -> (double) cost.of(limit.getKey()) / limit.getValue())
                .max()
                .orElseThrow();
    }

    /** The metric that is exceeded most, as an error. */
    UnreachableTargetException unreachable(Cost smallest, Cost before) {
        CostMetric worst = most.keySet().stream()
                .max((x, y) ->
                        Double.compare((double) smallest.of(x) / most.get(x), (double) smallest.of(y) / most.get(y)))
                .orElseThrow();
        return new UnreachableTargetException(
                worst.id(),
                rounded(CostBudget.ratio(most.get(worst), before.of(worst))),
                CostBudget.ratio(smallest.of(worst), before.of(worst)));
    }

    /** Without the rounding to whole costs. */
    private static double rounded(double ratio) {
        return BigDecimal.valueOf(ratio).round(new MathContext(4)).doubleValue();
    }
}
