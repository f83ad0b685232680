package dev.wsvd.json;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.annotation.Nulls;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.file.WholeFile;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.score.ConfidenceInterval;
import dev.wsvd.domain.spi.TimingConditions;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.domain.stats.CompressionStats.LayerStats;
import dev.wsvd.domain.stats.LayerTimes;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.Stream;

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
     * Writes stats atomically.
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
        Map<LayerId, Double> predictedNs = new LinkedHashMap<>();
        for (KnownLayer layer : content.layers()) {
            if (layer.error() != null) {
                errors.put(layer.name(), layer.error());
            }
            if (layer.times() != null && layer.times().predicted() != null) {
                predictedNs.put(layer.name(), layer.times().predicted());
            }
        }
        return new StatsFile(
                Optional.ofNullable(content.provenance()).map(KnownProvenance::modelSha256),
                errors,
                Optional.ofNullable(content.measuredLatency())
                        .map(timed -> new TimingConditions(timed.threads(), timed.batch())),
                predictedNs);
    }

    /** What is read of a file. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Known(
            @JsonProperty(required = true) @JsonSetter(nulls = Nulls.FAIL, contentNulls = Nulls.FAIL)
            List<KnownLayer> layers,

            KnownConditions measuredLatency,
            KnownProvenance provenance) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    record KnownLayer(@JsonProperty(required = true) LayerId name, Double error, KnownTimes times) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    record KnownTimes(Double predicted) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    record KnownConditions(
            @JsonProperty(required = true) int threads,
            @JsonProperty(required = true) int batch) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    record KnownProvenance(String modelSha256) {}

    /** What is written. */
    record Content(
            String format,
            Integer version,
            @JsonUnwrapped Goal goal,
            Score score,
            @JsonUnwrapped Fields<Change> costs,
            Change parameters,
            Measured measuredLatency,
            List<String> int8,
            List<Object> layers,
            @JsonUnwrapped CompressionStats.Effort effort,
            CompressionStats.Provenance provenance) {
        static Content of(CompressionStats stats) {
            List<Metric> metrics = metrics(stats.goal());
            return new Content(
                    JsonFormat.STATS.id(),
                    JsonFormat.VERSION,
                    Goal.of(stats.goal()),
                    stats.score().map(Score::of).orElse(null),
                    Fields.of(metrics, Metric::id, metric -> Change.of(stats, metric)),
                    stats.parameters()
                            .map(p -> new Change(p.before(), p.after(), p.ratio()))
                            .orElse(null),
                    stats.latency().map(Measured::of).orElse(null),
                    stats.int8().isEmpty()
                            ? null
                            : stats.int8().stream().map(LayerId::name).toList(),
                    stats.layers().stream().map(layer -> layer(layer, metrics)).toList(),
                    stats.effort(),
                    stats.provenance());
        }
    }

    /** What costs are shown in: MACs and memory always, and what the target limits. */
    private static List<Metric> metrics(CompressionStats.Goal goal) {
        return Stream.of(Metric.MAC, Metric.MEMORY, goal.metric()).distinct().toList();
    }

    /** Fields that have one name per metric. */
    record Fields<T>(@JsonAnyGetter Map<String, T> byName) {
        static <T> Fields<T> of(List<Metric> metrics, Function<Metric, String> name, Function<Metric, T> value) {
            Map<String, T> fields = new LinkedHashMap<>();
            metrics.forEach(metric -> fields.put(name.apply(metric), value.apply(metric)));
            return new Fields<>(fields);
        }
    }

    record Goal(String metric, Double target, String selection) {
        static Goal of(CompressionStats.Goal goal) {
            return new Goal(
                    goal.metric().id(),
                    goal.target().map(CompressionRatio::toDouble).orElse(null),
                    goal.selection());
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

    record Change(long before, long after, Double ratio) {
        static Change of(CompressionStats stats, Metric metric) {
            double ratio = stats.ratio(metric);
            return new Change(
                    stats.before().of(metric), stats.after().of(metric), Double.isInfinite(ratio) ? null : ratio);
        }
    }

    record SplitLayer(
            LayerId name,
            String path,
            String decision,
            String unfolding,
            Integer rank,
            List<Integer> ranks,
            @JsonUnwrapped Fields<Double> ratios,
            Double error,
            Double outputError,
            Times times) {}

    record DenseLayer(LayerId name, String path, String decision, String reason, Times times) {}

    /** In ns. */
    record Times(long dense, Long predicted, long measured) {
        static Times of(LayerTimes times) {
            return new Times(
                    Math.round(times.denseNs()),
                    times.predictedNs().isPresent()
                            ? Math.round(times.predictedNs().getAsDouble())
                            : null,
                    Math.round(times.measuredNs()));
        }
    }

    private static Object layer(LayerStats layer, List<Metric> metrics) {
        String path = layer.path().orElse(null);
        Times times = layer.times().map(Times::of).orElse(null);
        if (layer.decision() instanceof Decision.Change change) {
            return new SplitLayer(
                    layer.layer(),
                    path,
                    "split",
                    change.choice().form(),
                    Ranks.one(change.choice()),
                    Ranks.several(change.choice()),
                    Fields.of(
                            metrics.stream()
                                    .filter(metric -> Double.isFinite(layer.ratio(metric)))
                                    .toList(),
                            metric -> metric.id() + "Ratio",
                            layer::ratio),
                    boxed(layer.error()),
                    boxed(layer.outputError()),
                    times);
        }
        return new DenseLayer(layer.layer(), path, "dense", ((Decision.Keep) layer.decision()).reason(), times);
    }

    private static Double boxed(OptionalDouble value) {
        return value.isPresent() ? value.getAsDouble() : null;
    }
}
