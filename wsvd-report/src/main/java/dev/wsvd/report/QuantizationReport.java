package dev.wsvd.report;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.quantization.Quantization;
import dev.wsvd.domain.stats.QuantizationStats;
import dev.wsvd.domain.stats.QuantizationStats.LayerStats;
import java.util.ArrayList;
import java.util.List;

/** Report of a model whose layers were made int8. */
public final class QuantizationReport {
    private final QuantizationStats stats;

    private QuantizationReport(QuantizationStats stats) {
        this.stats = stats;
    }

    /** The report of a model that is made. */
    public static QuantizationReport of(QuantizationStats stats) {
        return new QuantizationReport(stats);
    }

    /**
     * A row per layer: its kind, the shape of its weight, its share of the MACs, in what it computes, and why that is float if so. Where
     * errors of outputs were measured, they have a column, with {@code -} for a layer in int8 of which none was.
     */
    public Table layers() {
        boolean measured =
                stats.layers().stream().anyMatch(layer -> layer.outputError().isPresent());
        List<String> heads = new ArrayList<>(List.of("layer", "kind", "weight", ">share of MAC", "computes in"));
        if (measured) {
            heads.add(">output error");
        }
        heads.add("note");
        Table table = new Table(heads.toArray(String[]::new));
        for (LayerStats row : stats.layers()) {
            Layer layer = row.layer();
            List<String> cells = new ArrayList<>(List.of(
                    Names.layer(layer.id(), layer.path()),
                    layer.groups() == 1 ? layer.kind() : layer.kind() + "/" + layer.groups(),
                    layer.weight().toString(),
                    share(row.macs(), ""),
                    row.int8() ? "int8" : layer.type().toString()));
            if (measured) {
                cells.add(error(row));
            }
            cells.add(row.reason().orElse(""));
            table.row(cells.toArray(String[]::new));
        }
        return table;
    }

    private String share(long macs, String prefix) {
        return stats.macs() == 0 ? "" : prefix + Units.percent((double) macs / stats.macs());
    }

    private static String error(LayerStats layer) {
        return layer.outputError().isPresent()
                ? Units.ratio(layer.outputError().getAsDouble())
                : layer.int8() ? "-" : "";
    }

    /** Scores of both models, with their 95 % intervals and that of the drop where there are any, and the sizes of their files. */
    public Table totals() {
        Table totals = new Table("", ">original", ">int8", ">ratio");
        stats.score().ifPresent(score -> ScoreRows.add(totals, score));
        QuantizationStats.Files files = stats.files();
        totals.row("file", Units.bytes(files.before()), Units.bytes(files.after()), Units.ratio(files.ratio()));
        return totals;
    }

    /** One line: how many layers are int8, what share of the MACs that is, and whose ranges are known before. */
    public String summary() {
        long int8 = stats.layers().stream().filter(LayerStats::int8).count();
        String share = share(stats.int8Macs(), ", ");
        return int8 + " of " + stats.layers().size() + " layers in int8"
                + (share.isEmpty() ? "" : share + " of the MACs")
                + (stats.mode() == Quantization.Mode.STATIC
                        ? "; " + stats.activations() + " activations with a known range."
                        : "; ranges of activations are found in each run.");
    }
}
