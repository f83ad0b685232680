package dev.wsvd.json;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/** Fields of a report that have one name per metric. */
record CostContent<T>(@JsonAnyGetter Map<String, T> byName) {
    /** Before, after, and after / before; that one is null where the cost before is 0. */
    record Change(long before, long after, Double ratio) {
        static Change of(Cost before, Cost after, Metric metric) {
            double ratio = after.ratioTo(before, metric);
            return new Change(before.of(metric), after.of(metric), Double.isInfinite(ratio) ? null : ratio);
        }
    }

    private static <T> CostContent<T> of(List<Metric> metrics, String suffix, Function<Metric, T> value) {
        Map<String, T> fields = new LinkedHashMap<>();
        metrics.forEach(metric -> fields.put(metric.id() + suffix, value.apply(metric)));
        return new CostContent<>(fields);
    }

    /** What costs are shown in: MACs and memory always, bytes where they are known, and what the target limits. */
    static List<Metric> metrics(Cost cost, Metric goal) {
        return Stream.of(Metric.MAC, Metric.MEMORY, Metric.BYTES, goal)
                .distinct()
                .filter(metric -> cost.metrics().contains(metric))
                .toList();
    }

    /** {@code "mac": 1000}. */
    static CostContent<Long> amounts(List<Metric> metrics, Cost cost) {
        return of(metrics, "", cost::of);
    }

    /** {@code "mac": { "before": 1000, "after": 450, "ratio": 0.45 }}. */
    static CostContent<Change> changes(List<Metric> metrics, Cost before, Cost after) {
        return of(metrics, "", metric -> Change.of(before, after, metric));
    }

    /** {@code "mac": [1000, 450]}. */
    static CostContent<long[]> pairs(List<Metric> metrics, Cost before, Cost after) {
        return of(metrics, "", metric -> new long[] {before.of(metric), after.of(metric)});
    }

    /** {@code "mac": [1000]}, where it is not known what became of it. */
    static CostContent<long[]> single(List<Metric> metrics, Cost before) {
        return of(metrics, "", metric -> new long[] {before.of(metric)});
    }

    /** {@code "macRatio": 0.45}; absent where the cost before is 0. */
    static CostContent<Double> ratios(List<Metric> metrics, Cost before, Cost after) {
        return of(
                metrics.stream()
                        .filter(metric -> Double.isFinite(after.ratioTo(before, metric)))
                        .toList(),
                "Ratio",
                metric -> after.ratioTo(before, metric));
    }
}
