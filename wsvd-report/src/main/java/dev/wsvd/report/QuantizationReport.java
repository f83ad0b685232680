package dev.wsvd.report;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.quantization.Quantization;
import dev.wsvd.domain.stats.CompressionStats;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Report of a model whose layers were made int8. */
public final class QuantizationReport {
    private final List<Layer> layers;
    private final Quantization quantization;
    private final Map<LayerId, String> kept;
    private final Table totals = new Table("", ">original", ">int8", ">ratio");

    /**
     * @param layers all of the original
     * @param kept why layers are in float still
     */
    public QuantizationReport(List<Layer> layers, Quantization quantization, Map<LayerId, String> kept) {
        this.layers = List.copyOf(layers);
        this.quantization = quantization;
        this.kept = Map.copyOf(kept);
    }

    /** A row per layer: its kind, the shape of its weight, its share of the MACs, in what it computes, and why that is float if so. */
    public Table layers() {
        Set<LayerId> int8 = quantization.byId().keySet();
        double all = macs(layers);
        Table table = new Table("layer", "kind", "weight", ">share of MAC", "computes in", "note");
        for (Layer layer : layers) {
            boolean quantized = int8.contains(layer.id());
            table.row(
                    Names.layer(layer.id(), layer.path()),
                    layer.groups() == 1 ? layer.kind() : layer.kind() + "/" + layer.groups(),
                    layer.weight().toString(),
                    all == 0 ? "" : Units.percent(layer.sized().macs() / all),
                    quantized ? "int8" : layer.type().toString(),
                    kept.getOrDefault(layer.id(), ""));
        }
        return table;
    }

    private static double macs(List<Layer> layers) {
        return layers.stream().mapToDouble(layer -> layer.sized().macs()).sum();
    }

    /** Sizes of the models' files in bytes. */
    public QuantizationReport files(long before, long after) {
        totals.row("file", Units.bytes(before), Units.bytes(after), Units.ratio((double) after / before));
        return this;
    }

    /** Scores of both, with their 95 % intervals and that of the drop where there are any. */
    public QuantizationReport score(CompressionStats.Score score) {
        ScoreRows.add(totals, score);
        return this;
    }

    /** The rows added so far, in that order. */
    public Table totals() {
        return totals;
    }

    /** One line: how many layers are int8, what share of the MACs that is, and whose ranges are known before. */
    public String summary() {
        Set<LayerId> int8 = quantization.byId().keySet();
        List<Layer> some =
                layers.stream().filter(layer -> int8.contains(layer.id())).toList();
        double all = macs(layers);
        return some.size() + " of " + layers.size() + " layers in int8"
                + (all == 0 ? "" : ", " + Units.percent(macs(some) / all) + " of the MACs")
                + (quantization.mode() == Quantization.Mode.STATIC
                        ? "; " + quantization.activations().size() + " activations with a known range."
                        : "; ranges of activations are found in each run.");
    }
}
