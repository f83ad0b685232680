package dev.wsvd.report;

import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.json.JsonComparison;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/** Report of an original and its compressed model side by side. The caller measures, and adds a row for each figure. */
public final class ComparisonReport {
    private final Table table = new Table("", ">original", ">compressed", ">ratio");
    private final JsonComparison json = new JsonComparison();

    /** What the layers cost: MACs per sample and weight elements. */
    public ComparisonReport costs(Cost before, Cost after) {
        json.costs(before, after);
        for (Metric metric : Metrics.ALWAYS) {
            table.row(
                    Metrics.row(metric),
                    Units.cost(metric, before.of(metric)),
                    Units.cost(metric, after.of(metric)),
                    ratio(before.of(metric), after.of(metric)));
        }
        return this;
    }

    /** How many parameters the models store, in layers and elsewhere. */
    public ComparisonReport parameters(CompressionStats.Parameters stored) {
        json.parameters(stored);
        table.row(
                "params of model",
                Units.count(stored.before()),
                Units.count(stored.after()),
                Units.ratio(stored.ratio()));
        return this;
    }

    /** The sizes of the models' files, in bytes. */
    public ComparisonReport files(long before, long after) {
        json.files(before, after);
        table.row("file", Units.bytes(before), Units.bytes(after), ratio(before, after));
        return this;
    }

    /**
     * Median wall times of a run, in ms.
     *
     * @param input what was run: {@code one sample}
     */
    public ComparisonReport latency(String input, double before, double after) {
        json.latency(input, before, after);
        table.row("latency, " + input + " (median)", Units.millis(before), Units.millis(after), ratio(before, after));
        return this;
    }

    /** Scores by one evaluator, with their 95 % intervals and that of the drop where there are any. */
    public ComparisonReport score(CompressionStats.Score score) {
        json.score(score);
        ScoreRows.add(table, score);
        return this;
    }

    /**
     * How near the compressed model's outputs are to the original's.
     *
     * @param outputs the outputs that were compared, of a model that has several; else empty
     * @param argmaxAgreement fraction of positions with the same class, absent if there are no classes
     * @param cosine mean cosine of the outputs
     * @param sqnrDb signal to quantization noise in dB, infinite if the outputs are identical
     */
    public ComparisonReport fidelity(
            List<String> outputs, OptionalDouble argmaxAgreement, double cosine, double sqnrDb) {
        json.fidelity(outputs, argmaxAgreement, cosine, sqnrDb);
        if (!outputs.isEmpty()) {
            table.row(Names.score("fidelity", outputs), "", "", "");
        }
        argmaxAgreement.ifPresent(agreement -> table.row("same arg-max", "", Units.percent(agreement), ""));
        table.row("cosine", "", String.format(Locale.ROOT, "%.5f", cosine), "");
        table.row(
                "SQNR",
                "",
                Double.isInfinite(sqnrDb) ? "identical" : String.format(Locale.ROOT, "%.1f dB", sqnrDb),
                "");
        return this;
    }

    /**
     * What a search by the compressed model's embeddings finds in an index of the original's.
     *
     * @param output the output that was compared, of a model that has several
     * @param recall recall@10
     * @param cosine mean cosine of the embeddings
     */
    public ComparisonReport embedding(Optional<String> output, double recall, double cosine) {
        json.embedding(output, recall, cosine);
        List<String> outputs = output.stream().toList();
        table.row(Names.score("recall@10", outputs), "", Units.score(recall), "");
        table.row("cosine of embeddings", "", String.format(Locale.ROOT, "%.5f", cosine), "");
        return this;
    }

    /** The rows added so far, in that order. */
    public Table table() {
        return table;
    }

    /** The same figures for other programs, to which layers can be added. */
    public JsonComparison json() {
        return json;
    }

    private static String ratio(double before, double after) {
        return before == 0 ? "-" : Units.ratio(after / before);
    }
}
