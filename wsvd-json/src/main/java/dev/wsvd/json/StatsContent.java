package dev.wsvd.json;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.stats.CompressionStats;
import java.util.List;

/** What the report of a compression says, in its order. */
record StatsContent(
        String format,
        Integer version,
        @JsonUnwrapped Goal goal,
        ScoreContent score,
        @JsonUnwrapped CostContent<CostContent.Change> costs,
        CostContent.Change parameters,
        Measured measuredLatency,
        List<String> int8,
        List<StatsLayer> layers,
        List<TrialContent> trials,
        int evaluations,
        CompressionStats.Seconds seconds,
        ProvenanceContent provenance) {
    static StatsContent of(CompressionStats stats) {
        List<Metric> metrics = CostContent.metrics(stats.before(), stats.goal().metric());
        return new StatsContent(
                JsonFormat.STATS.id(),
                JsonFormat.VERSION,
                Goal.of(stats.goal()),
                stats.score().map(ScoreContent::of).orElse(null),
                CostContent.changes(metrics, stats.before(), stats.after()),
                stats.parameters()
                        .map(p -> new CostContent.Change(p.before(), p.after(), p.ratio()))
                        .orElse(null),
                stats.latency().map(Measured::of).orElse(null),
                stats.int8().isEmpty()
                        ? null
                        : stats.int8().stream().map(LayerId::name).toList(),
                stats.layers().stream()
                        .map(layer -> StatsLayer.of(layer, metrics))
                        .toList(),
                stats.effort().trials().isEmpty()
                        ? null
                        : stats.effort().trials().stream()
                                .map(trial -> TrialContent.of(trial, metrics))
                                .toList(),
                stats.effort().evaluations(),
                stats.effort().seconds(),
                ProvenanceContent.of(stats.provenance()));
    }

    record Goal(String metric, Double target, String selection) {
        static Goal of(CompressionStats.Goal goal) {
            return new Goal(
                    goal.metric().id(),
                    goal.target().map(CompressionRatio::toDouble).orElse(null),
                    goal.selection());
        }
    }

    /** Times in ns. */
    record Measured(
            long before,
            long after,
            double ratio,
            double[] interval,
            double predictedAtFirst,
            int threads,
            int batch,
            String engine,
            String machine) {
        static Measured of(CompressionStats.Latency latency) {
            return new Measured(
                    Math.round(latency.beforeNs()),
                    Math.round(latency.afterNs()),
                    latency.ratio(),
                    new double[] {latency.interval().low(), latency.interval().high()},
                    latency.predictedAtFirst(),
                    latency.threads(),
                    latency.batch(),
                    latency.engine(),
                    latency.machine());
        }
    }
}
