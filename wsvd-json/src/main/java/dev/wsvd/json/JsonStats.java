package dev.wsvd.json;

import dev.wsvd.domain.CompressionStats;
import dev.wsvd.domain.CompressionStats.LayerStats;
import dev.wsvd.domain.ConfidenceInterval;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.RankDecision;
import dev.wsvd.domain.file.WholeFile;
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
        Map<String, Object> root = JsonFormat.STATS.begin();
        root.put("metric", stats.metric().id());
        stats.target().ifPresent(target -> root.put("target", target.toDouble()));
        root.put("selection", stats.selection());
        stats.score().ifPresent(score -> root.put("score", toJson(score)));
        root.put("mac", change(stats, CostMetric.MAC));
        root.put("memory", change(stats, CostMetric.MEMORY));
        stats.parameters().ifPresent(parameters -> root.put("parameters", toJson(parameters)));
        root.put("layers", stats.layers().stream().map(JsonStats::toJson).toList());
        root.put("evaluations", stats.evaluations());
        root.put("seconds", toJson(stats.seconds()));
        root.put("provenance", toJson(stats.provenance()));
        return JsonText.of(root);
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
        Field root = JsonSource.read(file);
        JsonFormat.STATS.require(root);
        Map<LayerId, Double> errors = new LinkedHashMap<>();
        for (Field layer : root.required("layers").items()) {
            LayerId id = new LayerId(layer.required("name").name());
            layer.optional("error").ifPresent(error -> errors.put(id, error.number()));
        }
        Optional<String> model = root.optional("provenance")
                .flatMap(provenance -> provenance.optional("modelSha256"))
                .map(Field::text);
        return new StatsFile(model, errors);
    }

    private static Map<String, Object> toJson(CompressionStats.Score score) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", score.name());
        if (!score.outputs().isEmpty()) {
            json.put("outputs", score.outputs());
        }
        score.baseline().ifPresent(baseline -> json.put("baseline", baseline));
        score.compressed().ifPresent(compressed -> json.put("compressed", compressed));
        if (score.samples() > 0) {
            json.put("samples", score.samples());
        }
        score.baselineInterval().ifPresent(interval -> json.put("baselineInterval", toJson(interval)));
        score.compressedInterval().ifPresent(interval -> json.put("compressedInterval", toJson(interval)));
        score.dropInterval().ifPresent(interval -> json.put("dropInterval", toJson(interval)));
        return json;
    }

    private static List<Double> toJson(ConfidenceInterval interval) {
        return List.of(interval.low(), interval.high());
    }

    private static Map<String, Object> toJson(CompressionStats.Parameters parameters) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("before", parameters.before());
        json.put("after", parameters.after());
        json.put("ratio", parameters.ratio());
        return json;
    }

    private static Map<String, Object> change(CompressionStats stats, CostMetric metric) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("before", stats.before().of(metric));
        json.put("after", stats.after().of(metric));
        json.put("ratio", stats.ratio(metric));
        return json;
    }

    private static Map<String, Object> toJson(LayerStats layer) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", layer.layer().name());
        layer.path().ifPresent(path -> json.put("path", path));
        Decisions.put(layer.decision(), json);
        if (layer.decision() instanceof RankDecision.KeepDense dense) {
            json.put("reason", dense.reason());
        } else {
            json.put("macRatio", layer.ratio(CostMetric.MAC));
            json.put("memoryRatio", layer.ratio(CostMetric.MEMORY));
            layer.error().ifPresent(error -> json.put("error", error));
            layer.outputError().ifPresent(error -> json.put("outputError", error));
        }
        return json;
    }

    private static Map<String, Object> toJson(CompressionStats.Seconds seconds) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("open", seconds.open());
        json.put("calibrate", seconds.calibrate());
        json.put("decompose", seconds.decompose());
        json.put("evaluate", seconds.evaluate());
        json.put("select", seconds.select());
        json.put("fineTune", seconds.fineTune());
        json.put("write", seconds.write());
        return json;
    }

    private static Map<String, Object> toJson(CompressionStats.Provenance provenance) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("wsvd", provenance.wsvd());
        json.put("backend", provenance.backend());
        json.put("java", provenance.java());
        json.put("os", provenance.os());
        json.put("seed", provenance.seed());
        json.put("modelSha256", provenance.modelSha256());
        return json;
    }
}
