package dev.wsvd.cli;

import dev.wsvd.cost.CostModel;
import dev.wsvd.domain.Cost;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.json.JsonInspection;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/** What the user wants to know of a model's layers before compressing it. */
final class LayerTable {
    private LayerTable() {}

    /** Each layer with its cost and the largest rank that still lowers memory. */
    static List<JsonInspection.Row> rows(List<Layer> layers, Unfolding unfolding) {
        return layers.stream()
                .map(layer ->
                        new JsonInspection.Row(layer, CostModel.dense(layer), unfolding, maxRank(layer, unfolding)))
                .toList();
    }

    private static OptionalInt maxRank(Layer layer, Unfolding unfolding) {
        int rank = layer.splittable() ? CostModel.maxSavingRank(layer, unfolding, CostMetric.MEMORY) : 0;
        return rank == 0 ? OptionalInt.empty() : OptionalInt.of(rank);
    }

    /**
     * A line per layer and one for all.
     *
     * @param parameters how many the model stores, in these layers and elsewhere
     */
    static String of(List<Layer> layers, OptionalLong parameters, Unfolding unfolding) {
        List<JsonInspection.Row> rows = rows(layers, unfolding);
        Cost total = CostModel.of(layers);
        Table table = new Table("layer", "kind", "weight", "output", ">MAC", ">share", ">params", ">max rank", "note");
        for (JsonInspection.Row row : rows) {
            Layer layer = row.layer();
            table.row(
                    Names.layer(layer.id(), layer.path()),
                    layer.groups() == 1 ? layer.kind() : layer.kind() + "/" + layer.groups(),
                    layer.weight().toString(),
                    shape(layer.outputShape()),
                    Units.macs(row.cost().mac()),
                    total.mac() == 0 ? "" : Units.percent((double) row.cost().mac() / total.mac()),
                    Units.count(row.cost().memory()),
                    row.maxRank().isPresent() ? String.valueOf(row.maxRank().getAsInt()) : "-",
                    row.reason().orElse(""));
        }
        long splittable = rows.stream().filter(row -> row.reason().isEmpty()).count();
        return table
                + String.format(
                        Locale.ROOT,
                        "%d %s, %d can be split: %s, %s params%s%n",
                        layers.size(),
                        layers.size() == 1 ? "layer" : "layers",
                        splittable,
                        Units.macs(total.mac()),
                        Units.count(total.memory()),
                        parameters.isPresent() ? "; the model stores " + Units.count(parameters.getAsLong()) : "");
    }

    private static String shape(List<Long> dims) {
        return dims.isEmpty()
                ? "unknown"
                : dims.stream().skip(1).map(String::valueOf).collect(Collectors.joining("×"));
    }
}
