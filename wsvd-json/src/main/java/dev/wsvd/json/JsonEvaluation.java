package dev.wsvd.json;

import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.stats.ReportOrigin;
import java.util.List;

/** How accurate and how fast one model is in JSON, made figure by figure. What was not measured is absent. */
public final class JsonEvaluation {
    private Score score;
    private Latency latency;
    private Long samples;

    /** The score and, where it is known sample by sample, its 95 % interval. */
    public void score(EvaluatorIdentity evaluator, Evaluation made) {
        score = new Score(
                evaluator.name(),
                evaluator.outputs().isEmpty() ? null : evaluator.outputs(),
                made.score(),
                ScoreContent.ends(made.interval()));
    }

    /** Wall time of a run: median, tenth and ninetieth percentile in ms. */
    public void latency(int runs, double medianMs, double p10Ms, double p90Ms) {
        latency = new Latency(runs, JsonFormat.nanos(medianMs), JsonFormat.nanos(p10Ms), JsonFormat.nanos(p90Ms));
    }

    /** How many samples there were. */
    public void samples(long count) {
        samples = count;
    }

    /** The text of the figures so far. */
    public String toJson(ReportOrigin origin) {
        return JsonText.of(new Content(
                JsonFormat.EVALUATION.id(), JsonFormat.VERSION, score, latency, samples, ProvenanceContent.of(origin)));
    }

    record Content(
            String format, Integer version, Score score, Latency latency, Long samples, ProvenanceContent provenance) {}

    record Score(String name, List<String> outputs, double value, double[] interval) {}

    /** In ns. */
    record Latency(int runs, long median, long p10, long p90) {}
}
