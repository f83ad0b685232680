package dev.wsvd.json;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import dev.wsvd.domain.CompressionRatio;
import dev.wsvd.domain.CompressionStats;
import dev.wsvd.domain.CompressionStats.LayerStats;
import dev.wsvd.domain.ConfidenceInterval;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.RankDecision;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.file.WholeFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** Compression statistics in JSON. What was not measured is absent. */
public final class JsonStats {
    private JsonStats() {}

    /**
     * The text of a stats file.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if a figure is not finite; the message names its field
     */
    public static String toJson(CompressionStats stats) {
        return JsonText.of(Content.of(stats));
    }

    /**
     * Writes stats, whole or not at all.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if the path cannot be written or a figure is not finite
     * @throws dev.wsvd.domain.error.WsvdException if writing fails, for instance on a full disk
     */
    public static void write(Path file, CompressionStats stats) {
        WholeFile.write(file, toJson(stats));
    }

    /**
     * Reads what a later comparison needs of a stats file.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if the file cannot be read or is no stats file; the message names the
     *     file, line, column and field
     */
    public static StatsFile read(Path file) {
        Known content = JsonFile.read(file, JsonFormat.STATS, Known.class).content();
        Map<LayerId, Double> errors = new LinkedHashMap<>();
        for (KnownLayer layer : content.layers()) {
            if (layer.error() != null) {
                errors.put(layer.name(), layer.error());
            }
        }
        return new StatsFile(Optional.ofNullable(content.provenance()).map(KnownProvenance::modelSha256), errors);
    }

    /** What is read of a file. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Known(
            @JsonProperty(required = true) @JsonSetter(nulls = Nulls.FAIL, contentNulls = Nulls.FAIL)
            List<KnownLayer> layers,

            KnownProvenance provenance) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    record KnownLayer(@JsonProperty(required = true) LayerId name, Double error) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    record KnownProvenance(String modelSha256) {}

    /** What is written. */
    record Content(
            String format,
            Integer version,
            String metric,
            Double target,
            String selection,
            Score score,
            Change mac,
            Change memory,
            Change parameters,
            List<Object> layers,
            Integer evaluations,
            CompressionStats.Seconds seconds,
            CompressionStats.Provenance provenance) {
        static Content of(CompressionStats stats) {
            return new Content(
                    JsonFormat.STATS.id(),
                    JsonFormat.VERSION,
                    stats.metric().id(),
                    stats.target().map(CompressionRatio::toDouble).orElse(null),
                    stats.selection(),
                    stats.score().map(Score::of).orElse(null),
                    Change.of(stats, CostMetric.MAC),
                    Change.of(stats, CostMetric.MEMORY),
                    stats.parameters()
                            .map(p -> new Change(p.before(), p.after(), p.ratio()))
                            .orElse(null),
                    stats.layers().stream().map(JsonStats::layer).toList(),
                    stats.evaluations(),
                    stats.seconds(),
                    stats.provenance());
        }
    }

    record Score(
            String name,
            List<String> outputs,
            Double baseline,
            Double compressed,
            Long samples,
            double[] baselineInterval,
            double[] compressedInterval,
            double[] dropInterval) {
        static Score of(CompressionStats.Score score) {
            return new Score(
                    score.name(),
                    score.outputs().isEmpty() ? null : score.outputs(),
                    boxed(score.baseline()),
                    boxed(score.compressed()),
                    score.samples() > 0 ? score.samples() : null,
                    ends(score.baselineInterval()),
                    ends(score.compressedInterval()),
                    ends(score.dropInterval()));
        }

        private static double[] ends(Optional<ConfidenceInterval> interval) {
            return interval.map(i -> new double[] {i.low(), i.high()}).orElse(null);
        }
    }

    record Change(long before, long after, double ratio) {
        static Change of(CompressionStats stats, CostMetric metric) {
            return new Change(stats.before().of(metric), stats.after().of(metric), stats.ratio(metric));
        }
    }

    record SplitLayer(
            LayerId name,
            String path,
            String decision,
            Unfolding unfolding,
            int rank,
            double macRatio,
            double memoryRatio,
            Double error,
            Double outputError) {}

    record DenseLayer(LayerId name, String path, String decision, String reason) {}

    private static Object layer(LayerStats layer) {
        if (layer.decision() instanceof RankDecision.Split split) {
            return new SplitLayer(
                    layer.layer(),
                    layer.path().orElse(null),
                    "split",
                    split.unfolding(),
                    split.rank(),
                    layer.ratio(CostMetric.MAC),
                    layer.ratio(CostMetric.MEMORY),
                    boxed(layer.error()),
                    boxed(layer.outputError()));
        }
        return new DenseLayer(
                layer.layer(),
                layer.path().orElse(null),
                "dense",
                ((RankDecision.KeepDense) layer.decision()).reason());
    }

    private static Double boxed(OptionalDouble value) {
        return value.isPresent() ? value.getAsDouble() : null;
    }
}
