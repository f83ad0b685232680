package dev.wsvd.cli;

import dev.wsvd.cost.CostModel;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.json.JsonInspection;
import java.util.List;
import java.util.OptionalInt;

/** A model's layers with their costs. */
final class InspectedLayers {
    private InspectedLayers() {}

    /**
     * Each layer with its cost and the largest rank that still lowers memory.
     *
     * @throws InvalidInputException if the cost of all does not fit in 63 bits
     */
    static List<JsonInspection.Row> of(List<Layer> layers, Unfolding unfolding) {
        // Sums that cannot be counted are found here, where the layer can be named.
        CostModel.of(layers);
        return layers.stream()
                .map(layer ->
                        new JsonInspection.Row(layer, CostModel.dense(layer), unfolding, maxRank(layer, unfolding)))
                .toList();
    }

    private static OptionalInt maxRank(Layer layer, Unfolding unfolding) {
        int rank = layer.splittable() ? CostModel.maxSavingRank(layer, unfolding, CostMetric.MEMORY) : 0;
        return rank == 0 ? OptionalInt.empty() : OptionalInt.of(rank);
    }
}
