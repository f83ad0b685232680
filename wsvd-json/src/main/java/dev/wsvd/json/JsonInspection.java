package dev.wsvd.json;

import dev.wsvd.domain.Cost;
import dev.wsvd.domain.Layer;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/** What {@code inspect --json} prints: a model's layers with their costs. */
public final class JsonInspection {
    /**
     * One layer of a model.
     *
     * @param layer the layer
     * @param cost its cost
     * @param maxRank the largest rank that lowers memory, absent if none does
     */
    public record Row(Layer layer, Cost cost, OptionalInt maxRank) {
        public Row {
            Objects.requireNonNull(layer, "layer");
            Objects.requireNonNull(cost, "cost");
            Objects.requireNonNull(maxRank, "maxRank");
        }
    }

    private JsonInspection() {}

    /** The JSON text of a model's layers, in the order given, and the total of their costs. */
    public static String toJson(List<Row> layers) {
        throw new UnsupportedOperationException(layers.toString());
    }
}
