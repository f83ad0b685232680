package dev.wsvd.json;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.domain.stats.LayerTimes;
import dev.wsvd.domain.stats.ReportOrigin;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** A comparison of two models in JSON, made figure by figure. What was not measured is absent. */
public final class JsonComparison {
    private List<Metric> metrics = List.of();
    private CostContent<CostContent.Change> costs = new CostContent<>(Map.of());
    private CostContent.Change parameters;
    private CostContent.Change file;
    private final List<Latency> latencies = new ArrayList<>();
    private ScoreContent score;
    private Fidelity fidelity;
    private Embedding embedding;
    private final List<StatsLayer> layers = new ArrayList<>();

    /** What the layers cost. */
    public void costs(Cost before, Cost after) {
        metrics = CostContent.metrics(before, Metric.MAC);
        costs = CostContent.changes(metrics, before, after);
    }

    /** How many parameters the models store, in layers and elsewhere. */
    public void parameters(CompressionStats.Parameters stored) {
        parameters = new CostContent.Change(stored.before(), stored.after(), stored.ratio());
    }

    /** The sizes of the models' files, in bytes. */
    public void files(long before, long after) {
        file = change(before, after);
    }

    /** Median wall times of a run of some input, in ms. */
    public void latency(String input, double before, double after) {
        CostContent.Change ns = change(JsonFormat.nanos(before), JsonFormat.nanos(after));
        latencies.add(new Latency(input, ns.before(), ns.after(), ns.ratio()));
    }

    private static CostContent.Change change(long before, long after) {
        return new CostContent.Change(before, after, before == 0 ? null : (double) after / before);
    }

    /** Scores by one evaluator. */
    public void score(CompressionStats.Score scores) {
        score = ScoreContent.of(scores);
    }

    /**
     * How near the compressed model's outputs are to the original's.
     *
     * @param sqnrDb infinite if they are identical, which the text says in its place
     */
    public void fidelity(List<String> outputs, OptionalDouble argmaxAgreement, double cosine, double sqnrDb) {
        boolean identical = Double.isInfinite(sqnrDb);
        fidelity = new Fidelity(
                outputs.isEmpty() ? null : outputs,
                ScoreContent.boxed(argmaxAgreement),
                cosine,
                identical ? null : sqnrDb,
                identical ? true : null);
    }

    /** What a search by the compressed model's embeddings finds. */
    public void embedding(Optional<String> output, double recall, double cosine) {
        embedding = new Embedding(output.orElse(null), recall, cosine);
    }

    /**
     * A layer of the original, in graph order.
     *
     * @param after cost of what stands in its place, if that is known
     * @param changed whether it was split or cut
     */
    public void layer(
            Layer layer,
            boolean changed,
            Cost before,
            Optional<Cost> after,
            OptionalDouble error,
            OptionalDouble outputError,
            Optional<LayerTimes> times) {
        layers.add(new StatsLayer(
                layer.id(),
                layer.path().orElse(null),
                layer.kind(),
                layer.weight().dims(),
                new StatsLayer.Outcome(changed ? "split" : "dense", null, null, null, null, null),
                after.map(known -> CostContent.pairs(metrics, before, known))
                        .orElseGet(() -> CostContent.single(metrics, before)),
                null,
                ScoreContent.boxed(error),
                ScoreContent.boxed(outputError),
                times.map(StatsLayer.Times::of).orElse(null),
                null,
                null));
    }

    /** The text of the figures so far. */
    public String toJson(ReportOrigin origin) {
        return JsonText.of(new Content(
                JsonFormat.COMPARISON.id(),
                JsonFormat.VERSION,
                score,
                costs,
                parameters,
                file,
                latencies,
                fidelity,
                embedding,
                layers,
                ProvenanceContent.of(origin)));
    }

    record Content(
            String format,
            Integer version,
            ScoreContent score,
            @JsonUnwrapped CostContent<CostContent.Change> costs,
            CostContent.Change parameters,
            CostContent.Change file,
            List<Latency> latencies,
            Fidelity fidelity,
            Embedding embedding,
            List<StatsLayer> layers,
            ProvenanceContent provenance) {}

    /** In ns. */
    record Latency(String input, long before, long after, Double ratio) {}

    record Fidelity(List<String> outputs, Double argmaxAgreement, double cosine, Double sqnrDb, Boolean identical) {}

    record Embedding(String output, double recall, double cosine) {}
}
