package dev.wsvd.domain.cost;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What a layer or a model costs, in one metric or several.
 *
 * @param amounts by metric
 */
public record Cost(Map<Metric, Long> amounts) {
    public Cost {
        amounts = Collections.unmodifiableMap(new LinkedHashMap<>(amounts));
    }

    /** A cost in MACs and weight elements. */
    public static Cost of(long mac, long memory) {
        Map<Metric, Long> amounts = new LinkedHashMap<>();
        amounts.put(Metric.MAC, mac);
        amounts.put(Metric.MEMORY, memory);
        return new Cost(amounts);
    }

    /** The metrics it is known in. */
    public Set<Metric> metrics() {
        return amounts.keySet();
    }

    /**
     * The amount in a metric.
     *
     * @throws IllegalArgumentException if it is not known in that metric
     */
    public long of(Metric metric) {
        Long amount = amounts.get(metric);
        if (amount == null) {
            throw new IllegalArgumentException("There is no cost in " + metric + ", only in " + amounts.keySet() + ".");
        }
        return amount;
    }

    /**
     * The sum of two costs in the same metrics.
     *
     * @throws IllegalArgumentException if they are not in the same metrics
     * @throws ArithmeticException if it does not fit in 63 bits
     */
    public Cost plus(Cost other) {
        if (!metrics().equals(other.metrics())) {
            throw new IllegalArgumentException(
                    "Costs in " + metrics() + " and in " + other.metrics() + " cannot be added.");
        }
        Map<Metric, Long> sum = new LinkedHashMap<>();
        amounts.forEach((metric, amount) -> sum.put(metric, Math.addExact(amount, other.of(metric))));
        return new Cost(sum);
    }

    /** Whether it is at most another in every metric. */
    public boolean isAtMost(Cost other) {
        return amounts.entrySet().stream().allMatch(entry -> entry.getValue() <= other.of(entry.getKey()));
    }

    /** This cost / another in a metric; 1 if neither has any, infinite if only this one has. */
    public double ratioTo(Cost before, Metric metric) {
        return of(metric) == before.of(metric) ? 1 : (double) of(metric) / before.of(metric);
    }
}
