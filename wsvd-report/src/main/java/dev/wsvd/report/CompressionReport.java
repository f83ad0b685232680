package dev.wsvd.report;

import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.domain.stats.CompressionStats.LayerStats;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Report of a compression: each layer, the whole model before and after, and how long it took. */
public final class CompressionReport {
    private static final double NANOS_PER_MS = 1e6;

    private final CompressionStats stats;
    private final List<Metric> metrics;

    private CompressionReport(CompressionStats stats) {
        this.stats = stats;
        this.metrics = Metrics.shownWith(stats.goal().metric());
    }

    /** The report of a compression that is done or planned. */
    public static CompressionReport of(CompressionStats stats) {
        return new CompressionReport(stats);
    }

    /**
     * A row per layer, in graph order: what stands in its place, or why it is dense; MACs per sample before and after, the ratios
     * of MACs, parameters and what the target limits, and the predicted relative error of its outputs. Where errors were measured
     * in the compressed network, they have a column of their own, with {@code -} for a changed layer of which none was. Where layers were
     * timed, there are columns for a layer's time in the original, and for the shares of it that were predicted and measured.
     */
    public Table layers() {
        boolean measured =
                stats.layers().stream().anyMatch(layer -> layer.outputError().isPresent());
        boolean timed = stats.layers().stream().anyMatch(layer -> layer.times().isPresent());
        List<Metric> counted = metrics.stream()
                .filter(metric -> !timed || !metric.equals(Metric.LATENCY))
                .toList();
        List<String> heads = new ArrayList<>(List.of("layer", "decision", ">MAC", ">after"));
        counted.forEach(metric -> heads.add(">" + Metrics.column(metric) + " ratio"));
        if (timed) {
            heads.addAll(List.of(">latency", ">predicted", ">measured"));
        }
        heads.add(">error");
        if (measured) {
            heads.add(">in network");
        }
        Table table = new Table(heads.toArray(String[]::new));
        for (LayerStats layer : stats.layers()) {
            List<String> cells = new ArrayList<>(List.of(
                    Names.layer(layer.layer(), layer.path()),
                    decision(layer),
                    Units.cost(Metric.MAC, layer.before().of(Metric.MAC)),
                    Units.cost(Metric.MAC, layer.after().of(Metric.MAC))));
            counted.forEach(metric -> cells.add(Units.ratio(layer.ratio(metric))));
            if (timed) {
                cells.add(layer.times()
                        .map(times -> Units.millis(times.denseNs() / NANOS_PER_MS))
                        .orElse("-"));
                cells.add(Units.ratio(layer.ratio(Metric.LATENCY)));
                cells.add(layer.times()
                        .map(times -> Units.ratio(times.measuredNs() / times.denseNs()))
                        .orElse("-"));
            }
            cells.add(layer.error().isPresent() ? Units.ratio(layer.error().getAsDouble()) : "");
            if (measured) {
                cells.add(inNetwork(layer));
            }
            table.row(cells.toArray(String[]::new));
        }
        return table;
    }

    private static String decision(LayerStats layer) {
        if (layer.decision() instanceof Decision.Change change) {
            return layer.size() + ", " + change.choice().form();
        }
        String reason = ((Decision.Keep) layer.decision()).reason();
        return isChanged(layer) ? reason : "dense: " + reason;
    }

    /** What is cut or split with another is smaller too. */
    private static boolean isChanged(LayerStats layer) {
        return layer.decision() instanceof Decision.Change || !layer.after().equals(layer.before());
    }

    private static String inNetwork(LayerStats layer) {
        return layer.outputError().isPresent()
                ? Units.ratio(layer.outputError().getAsDouble())
                : isChanged(layer) ? "-" : "";
    }

    /**
     * The whole model before and after: MACs per sample, the parameters of its layers, what the target limits and, where known,
     * all parameters that it stores; scores with their 95 % intervals where there are any. The ratio that the target limits has
     * the target beside it.
     */
    public Table totals() {
        Table table = new Table("", ">before", ">after", ">ratio");
        for (Metric metric : metrics) {
            table.row(
                    Metrics.row(metric),
                    Units.cost(metric, stats.before().of(metric)),
                    Units.cost(metric, stats.after().of(metric)),
                    Units.ratio(stats.ratio(metric)) + targetOf(metric));
        }
        stats.parameters()
                .ifPresent(stored -> table.row(
                        "params of model",
                        Units.count(stored.before()),
                        Units.count(stored.after()),
                        Units.ratio(stored.ratio())));
        if (!stats.int8().isEmpty()) {
            table.row("layers in int8", "", String.valueOf(stats.int8().size()), "");
        }
        stats.latency().ifPresent(measured -> add(table, measured));
        stats.score().ifPresent(score -> ScoreRows.add(table, score));
        return table;
    }

    private static void add(Table table, CompressionStats.Latency measured) {
        table.row(
                "latency, measured",
                Units.millis(measured.beforeNs() / NANOS_PER_MS),
                Units.millis(measured.afterNs() / NANOS_PER_MS),
                Units.ratio(measured.ratio()) + " ("
                        + Units.ratio(measured.interval().low()) + " … "
                        + Units.ratio(measured.interval().high()) + ")");
    }

    /** One line, without a line break: how many evaluations were made, and where the time went. */
    public String effort() {
        CompressionStats.Seconds seconds = stats.effort().seconds();
        return String.format(
                Locale.ROOT,
                "%d evaluations; open %s, %sdecompose %s, evaluate %s, select %s, %swrite %s",
                stats.effort().evaluations(),
                Units.seconds(seconds.open()),
                seconds.calibrate() > 0 ? "calibrate " + Units.seconds(seconds.calibrate()) + ", " : "",
                Units.seconds(seconds.decompose()),
                Units.seconds(seconds.evaluate()),
                Units.seconds(seconds.select()),
                seconds.fineTune() > 0 ? "fine-tune " + Units.seconds(seconds.fineTune()) + ", " : "",
                Units.seconds(seconds.write()));
    }

    private String targetOf(Metric metric) {
        return metric.equals(stats.goal().metric())
                ? stats.goal()
                        .target()
                        .map(target -> " (target " + target + ")")
                        .orElse("")
                : "";
    }
}
