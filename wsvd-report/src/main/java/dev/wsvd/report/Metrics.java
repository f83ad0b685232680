package dev.wsvd.report;

import dev.wsvd.domain.cost.Metric;
import java.util.List;
import java.util.stream.Stream;

/** Which costs tables show, and what they call them. */
final class Metrics {
    /** What every report shows. */
    static final List<Metric> ALWAYS = List.of(Metric.MAC, Metric.MEMORY);

    private Metrics() {}

    /** What a report shows whose target limits a metric. */
    static List<Metric> shownWith(Metric target) {
        return Stream.concat(ALWAYS.stream(), Stream.of(target)).distinct().toList();
    }

    /** In titles of columns: {@code MAC}, {@code params}, {@code bytes}. */
    static String column(Metric metric) {
        return metric.equals(Metric.MAC) ? "MAC" : metric.equals(Metric.MEMORY) ? "params" : metric.id();
    }

    /** In titles of rows, where what the whole model stores is shown too. */
    static String row(Metric metric) {
        if (metric.equals(Metric.LATENCY)) {
            return "latency, predicted";
        }
        return metric.equals(Metric.MAC) ? "MAC" : column(metric) + " of layers";
    }
}
