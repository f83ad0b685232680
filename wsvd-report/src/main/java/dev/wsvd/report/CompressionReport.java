package dev.wsvd.report;

import dev.wsvd.domain.CompressionStats;
import dev.wsvd.domain.CompressionStats.LayerStats;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.RankDecision.KeepDense;
import dev.wsvd.domain.RankDecision.Split;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/** Report of a compression: each layer, the whole model before and after, and how long it took. */
public final class CompressionReport {
    private final CompressionStats stats;

    private CompressionReport(CompressionStats stats) {
        this.stats = stats;
    }

    /** The report of a compression that is done or planned. */
    public static CompressionReport of(CompressionStats stats) {
        return new CompressionReport(Objects.requireNonNull(stats, "stats"));
    }

    /**
     * A row per Conv and Linear layer, in graph order: its rank and unfolding, or why it is dense; MACs per sample before and
     * after, the ratios of both costs, and the predicted relative error of its outputs. Where errors were measured in the
     * compressed network, they have a column of their own.
     */
    public Table layers() {
        boolean measured =
                stats.layers().stream().anyMatch(layer -> layer.outputError().isPresent());
        List<String> heads = new ArrayList<>(
                List.of("layer", "decision", ">MAC", ">after", ">MAC ratio", ">params ratio", ">error"));
        if (measured) {
            heads.add(">in network");
        }
        Table table = new Table(heads.toArray(String[]::new));
        for (LayerStats layer : stats.layers()) {
            List<String> cells = new ArrayList<>(List.of(
                    Names.layer(layer.layer(), layer.path()),
                    layer.decision() instanceof Split split
                            ? "rank " + split.rank() + ", " + split.unfolding()
                            : "dense: " + ((KeepDense) layer.decision()).reason(),
                    Units.macs(layer.before().mac()),
                    Units.macs(layer.after().mac()),
                    Units.ratio(layer.ratio(CostMetric.MAC)),
                    Units.ratio(layer.ratio(CostMetric.MEMORY)),
                    layer.error().isPresent() ? Units.ratio(layer.error().getAsDouble()) : ""));
            if (measured) {
                cells.add(inNetwork(layer));
            }
            table.row(cells.toArray(String[]::new));
        }
        return table;
    }

    private static String inNetwork(LayerStats layer) {
        return layer.outputError().isPresent()
                ? Units.ratio(layer.outputError().getAsDouble())
                : layer.decision() instanceof Split ? "-" : "";
    }

    /**
     * The whole model before and after: MACs per sample, the parameters of its layers and, where known, all that it stores;
     * scores with their 95 % intervals where there are any. The ratio that the target limits has the target beside it.
     */
    public Table totals() {
        Table table = new Table("", ">before", ">after", ">ratio");
        table.row(
                "MAC",
                Units.macs(stats.before().mac()),
                Units.macs(stats.after().mac()),
                Units.ratio(stats.ratio(CostMetric.MAC)) + targetOf(CostMetric.MAC));
        table.row(
                "params of layers",
                Units.count(stats.before().memory()),
                Units.count(stats.after().memory()),
                Units.ratio(stats.ratio(CostMetric.MEMORY)) + targetOf(CostMetric.MEMORY));
        stats.parameters()
                .ifPresent(stored -> table.row(
                        "params of model",
                        Units.count(stored.before()),
                        Units.count(stored.after()),
                        Units.ratio(stored.ratio())));
        stats.score().ifPresent(score -> ScoreRows.add(table, score));
        return table;
    }

    /** One line, without a line break: how many evaluations were made, and where the time went. */
    public String effort() {
        CompressionStats.Seconds seconds = stats.seconds();
        return String.format(
                Locale.ROOT,
                "%d evaluations; open %s, %sdecompose %s, evaluate %s, select %s, %swrite %s",
                stats.evaluations(),
                Units.seconds(seconds.open()),
                seconds.calibrate() > 0 ? "calibrate " + Units.seconds(seconds.calibrate()) + ", " : "",
                Units.seconds(seconds.decompose()),
                Units.seconds(seconds.evaluate()),
                Units.seconds(seconds.select()),
                seconds.fineTune() > 0 ? "fine-tune " + Units.seconds(seconds.fineTune()) + ", " : "",
                Units.seconds(seconds.write()));
    }

    private String targetOf(CostMetric metric) {
        return metric == stats.metric()
                ? stats.target().map(target -> " (target " + target + ")").orElse("")
                : "";
    }
}
