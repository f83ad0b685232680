package dev.wsvd.cli;

import dev.wsvd.domain.ConfidenceInterval;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.pipeline.ParetoPoint;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** A curve of cost against score, for people and for other programs. */
final class ParetoReport {
    private final List<ParetoPoint> points;
    private final String score;

    /**
     * @param points the original first
     * @param score what the scores are called
     */
    ParetoReport(List<ParetoPoint> points, String score) {
        this.points = points;
        this.score = score;
    }

    Table table() {
        Table table =
                new Table(">target", ">MAC", ">MAC ratio", ">params", ">params ratio", ">" + score, "95 % interval");
        for (ParetoPoint point : points) {
            table.row(
                    point == points.get(0)
                            ? "original"
                            : Units.ratio(point.target().toDouble()),
                    Units.macs(point.cost().mac()),
                    Units.ratio(ratio(point, CostMetric.MAC)),
                    Units.count(point.cost().memory()),
                    Units.ratio(ratio(point, CostMetric.MEMORY)),
                    point.score().isPresent() ? Units.score(point.score().getAsDouble()) : "-",
                    point.interval().map(Units::interval).orElse(""));
        }
        return table;
    }

    /** Comma-separated, a head and a line per point; what is not known is empty. */
    String csv() {
        StringBuilder csv = new StringBuilder("target,mac,mac_ratio,params,params_ratio,score,score_low,score_high\n");
        for (ParetoPoint point : points) {
            csv.append(String.join(
                            ",",
                            decimal(OptionalDouble.of(point.target().toDouble())),
                            String.valueOf(point.cost().mac()),
                            decimal(OptionalDouble.of(ratio(point, CostMetric.MAC))),
                            String.valueOf(point.cost().memory()),
                            decimal(OptionalDouble.of(ratio(point, CostMetric.MEMORY))),
                            decimal(point.score()),
                            decimal(end(point, true)),
                            decimal(end(point, false))))
                    .append('\n');
        }
        return csv.toString();
    }

    private double ratio(ParetoPoint point, CostMetric metric) {
        long before = points.get(0).cost().of(metric);
        return before == 0 ? 1 : (double) point.cost().of(metric) / before;
    }

    private static OptionalDouble end(ParetoPoint point, boolean low) {
        return point.interval()
                .map(interval -> OptionalDouble.of(end(interval, low)))
                .orElse(OptionalDouble.empty());
    }

    private static double end(ConfidenceInterval interval, boolean low) {
        return low ? interval.low() : interval.high();
    }

    private static String decimal(OptionalDouble value) {
        return value.isPresent() ? String.format(Locale.ROOT, "%.6f", value.getAsDouble()) : "";
    }
}
