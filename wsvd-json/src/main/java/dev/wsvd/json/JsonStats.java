package dev.wsvd.json;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import dev.wsvd.domain.file.WholeFile;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.TimingConditions;
import dev.wsvd.domain.stats.CompressionStats;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Compression statistics in JSON. What was not measured is absent. */
public final class JsonStats {
    private JsonStats() {}

    /**
     * The text of a stats file.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if a figure is not finite; the message names its field
     */
    public static String toJson(CompressionStats stats) {
        return JsonText.of(StatsContent.of(stats));
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
}
