package dev.wsvd.report;

import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.json.JsonEvaluation;

/** Report of how accurate and how fast one model is. The caller measures, and adds a row for each figure. */
public final class EvaluationReport {
    private final Table table;
    private final JsonEvaluation json = new JsonEvaluation();

    /** @param model what the model is called */
    public EvaluationReport(String model) {
        this.table = new Table("", ">" + model);
    }

    /** The score and, where it is known sample by sample, its 95 % interval. */
    public EvaluationReport score(EvaluatorIdentity evaluator, Evaluation made) {
        json.score(evaluator, made);
        table.row(Names.score(evaluator.name(), evaluator.outputs()), Units.score(made.score()));
        made.interval().ifPresent(interval -> table.row(ScoreRows.INTERVAL, Units.interval(interval)));
        return this;
    }

    /**
     * Wall time of a run: median, tenth and ninetieth percentile in ms.
     *
     * @param runs number of timed runs
     */
    public EvaluationReport latency(int runs, double medianMs, double p10Ms, double p90Ms) {
        json.latency(runs, medianMs, p10Ms, p90Ms);
        table.row("latency, median of " + runs, Units.millis(medianMs));
        table.row("latency, p10 to p90", Units.millis(p10Ms) + " to " + Units.millis(p90Ms));
        return this;
    }

    /** How many samples there were. */
    public EvaluationReport samples(long samples) {
        json.samples(samples);
        table.row("samples", String.valueOf(samples));
        return this;
    }

    /** The rows added so far, in that order. */
    public Table table() {
        return table;
    }

    /** The same figures for other programs. */
    public JsonEvaluation json() {
        return json;
    }
}
