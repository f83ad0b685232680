package dev.wsvd.json;

import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.stats.ParetoPoint;
import dev.wsvd.domain.stats.ReportOrigin;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Curves of cost against score in JSON. What was not measured is absent. */
public final class JsonPareto {
    private JsonPareto() {}

    /**
     * The text of a curve.
     *
     * @param points the original first
     * @param metric what the points' targets limit
     */
    public static String toJson(List<ParetoPoint> points, Metric metric, ReportOrigin origin) {
        List<Metric> metrics = CostContent.metrics(points.get(0).cost(), metric);
        return JsonText.of(new Content(
                JsonFormat.PARETO.id(),
                JsonFormat.VERSION,
                metric.id(),
                origin.sources().evaluator().map(Scored::of).orElse(null),
                points.stream()
                        .map(point -> trial(point, point == points.get(0), metrics))
                        .toList(),
                ProvenanceContent.of(origin)));
    }

    private static TrialContent trial(ParetoPoint point, boolean original, List<Metric> metrics) {
        Optional<Evaluation> made = point.evaluation();
        return new TrialContent(
                original
                        ? "original"
                        : String.format(
                                Locale.ROOT, "ratio %.3f", point.target().toDouble()),
                CostContent.amounts(metrics, point.cost()),
                made.map(Evaluation::score).orElse(null),
                ScoreContent.ends(made.flatMap(Evaluation::interval)));
    }

    record Content(
            String format,
            Integer version,
            String metric,
            Scored score,
            List<TrialContent> trials,
            ProvenanceContent provenance) {}

    record Scored(String name, List<String> outputs, Long samples) {
        static Scored of(EvaluatorIdentity by) {
            return new Scored(
                    by.name(), by.outputs().isEmpty() ? null : by.outputs(), by.samples() > 0 ? by.samples() : null);
        }
    }
}
