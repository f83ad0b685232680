package dev.wsvd.report;

import dev.wsvd.domain.ConfidenceInterval;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Evaluation;
import dev.wsvd.domain.EvaluatorIdentity;
import dev.wsvd.domain.ParetoPoint;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Report of a curve of cost against score: a table for people, CSV for other programs. */
public final class ParetoReport {
    private final List<ParetoPoint> points;
    private final String score;

    private ParetoReport(List<ParetoPoint> points, String score) {
        this.points = points;
        this.score = score;
    }

    /**
     * The report of a curve.
     *
     * @param points the original first: ratios are to its cost
     * @param evaluator what made the scores, if there is something to call them by
     */
    public static ParetoReport of(List<ParetoPoint> points, Optional<EvaluatorIdentity> evaluator) {
        return new ParetoReport(
                List.copyOf(points),
                evaluator
                        .map(scored -> Names.score(scored.name(), scored.outputs()))
                        .orElse("score"));
    }

    /** A row per point: the ratio aimed at, MACs per sample and parameters with their ratios, the score and its 95 % interval. */
    public Table table() {
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
                    point.evaluation().map(made -> Units.score(made.score())).orElse("-"),
                    interval(point).map(Units::interval).orElse(""));
        }
        return table;
    }

    /**
     * The same for other programs: comma-separated, a head and a line per point, each ended by a line feed. Costs are exact,
     * other figures have six decimals, and what is not known is empty.
     */
    public String csv() {
        StringBuilder csv = new StringBuilder("target,mac,mac_ratio,params,params_ratio,score,score_low,score_high\n");
        for (ParetoPoint point : points) {
            csv.append(String.join(
                            ",",
                            decimal(point.target().toDouble()),
                            String.valueOf(point.cost().mac()),
                            decimal(ratio(point, CostMetric.MAC)),
                            String.valueOf(point.cost().memory()),
                            decimal(ratio(point, CostMetric.MEMORY)),
                            point.evaluation()
                                    .map(made -> decimal(made.score()))
                                    .orElse(""),
                            interval(point).map(found -> decimal(found.low())).orElse(""),
                            interval(point).map(found -> decimal(found.high())).orElse("")))
                    .append('\n');
        }
        return csv.toString();
    }

    private double ratio(ParetoPoint point, CostMetric metric) {
        long before = points.get(0).cost().of(metric);
        return before == 0 ? 1 : (double) point.cost().of(metric) / before;
    }

    private static Optional<ConfidenceInterval> interval(ParetoPoint point) {
        return point.evaluation().flatMap(Evaluation::interval);
    }

    private static String decimal(double value) {
        return String.format(Locale.ROOT, "%.6f", value);
    }
}
