package dev.wsvd.report;

import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.score.ConfidenceInterval;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.stats.ParetoPoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Report of a curve of cost against score: a table for display, CSV for other programs. */
public final class ParetoReport {
    private final List<ParetoPoint> points;
    private final List<Metric> metrics;
    private final String score;

    private ParetoReport(List<ParetoPoint> points, List<Metric> metrics, String score) {
        this.points = points;
        this.metrics = metrics;
        this.score = score;
    }

    /**
     * The report of a curve.
     *
     * @param points the original first: ratios are to its cost
     * @param metric what the points' targets limit
     * @param evaluator what made the scores, if there is something to call them by
     */
    public static ParetoReport of(List<ParetoPoint> points, Metric metric, Optional<EvaluatorIdentity> evaluator) {
        return new ParetoReport(
                List.copyOf(points),
                Metrics.shownWith(metric),
                evaluator
                        .map(scored -> Names.score(scored.name(), scored.outputs()))
                        .orElse("score"));
    }

    /**
     * A row per point: the ratio aimed at, MACs per sample, parameters and what the targets limit with their ratios, the score and
     * its 95 % interval.
     */
    public Table table() {
        List<String> heads = new ArrayList<>(List.of(">target"));
        metrics.forEach(
                metric -> heads.addAll(List.of(">" + Metrics.column(metric), ">" + Metrics.column(metric) + " ratio")));
        heads.addAll(List.of(">" + score, "95 % interval"));
        Table table = new Table(heads.toArray(String[]::new));
        for (ParetoPoint point : points) {
            List<String> cells = new ArrayList<>(List.of(
                    point == points.get(0)
                            ? "original"
                            : Units.ratio(point.target().toDouble())));
            metrics.forEach(metric -> cells.addAll(
                    List.of(Units.cost(metric, point.cost().of(metric)), Units.ratio(ratio(point, metric)))));
            cells.add(point.evaluation().map(made -> Units.score(made.score())).orElse("-"));
            cells.add(interval(point).map(Units::interval).orElse(""));
            table.row(cells.toArray(String[]::new));
        }
        return table;
    }

    /**
     * The same for other programs: comma-separated, a head and a line per point, each ended by a line feed. Costs are exact,
     * other figures have six decimals, and what is not known is empty.
     */
    public String csv() {
        List<String> heads = new ArrayList<>(List.of("target"));
        metrics.forEach(metric -> {
            String name = Metrics.column(metric).toLowerCase(Locale.ROOT);
            heads.addAll(List.of(name, name + "_ratio"));
        });
        heads.addAll(List.of("score", "score_low", "score_high"));
        StringBuilder csv = new StringBuilder(String.join(",", heads)).append('\n');
        for (ParetoPoint point : points) {
            List<String> cells = new ArrayList<>(List.of(decimal(point.target().toDouble())));
            metrics.forEach(metric ->
                    cells.addAll(List.of(String.valueOf(point.cost().of(metric)), decimal(ratio(point, metric)))));
            cells.add(point.evaluation().map(made -> decimal(made.score())).orElse(""));
            cells.add(interval(point).map(found -> decimal(found.low())).orElse(""));
            cells.add(interval(point).map(found -> decimal(found.high())).orElse(""));
            csv.append(String.join(",", cells)).append('\n');
        }
        return csv.toString();
    }

    private double ratio(ParetoPoint point, Metric metric) {
        return point.cost().ratioTo(points.get(0).cost(), metric);
    }

    private static Optional<ConfidenceInterval> interval(ParetoPoint point) {
        return point.evaluation().flatMap(Evaluation::interval);
    }

    private static String decimal(double value) {
        return String.format(Locale.ROOT, "%.6f", value);
    }
}
