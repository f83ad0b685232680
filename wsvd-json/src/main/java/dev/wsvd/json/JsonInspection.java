package dev.wsvd.json;

import dev.wsvd.domain.ConvLayer;
import dev.wsvd.domain.Cost;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.Unfolding;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/** What {@code inspect --json} prints: a model's layers with their costs. */
public final class JsonInspection {
    /**
     * One layer of a model.
     *
     * @param layer the layer
     * @param cost its cost
     * @param unfolding the unfolding that {@code maxRank} is for
     * @param maxRank the largest rank that lowers memory, absent if none does
     */
    public record Row(Layer layer, Cost cost, Unfolding unfolding, OptionalInt maxRank) {
        public Row {
            Objects.requireNonNull(layer, "layer");
            Objects.requireNonNull(cost, "cost");
            Objects.requireNonNull(unfolding, "unfolding");
            Objects.requireNonNull(maxRank, "maxRank");
        }

        /** Why the layer cannot be split with profit, if so. */
        public Optional<String> reason() {
            return layer.obstacle()
                    .or(() -> maxRank.isEmpty()
                            ? Optional.of("no " + unfolding + " rank saves memory")
                            : Optional.empty());
        }
    }

    private JsonInspection() {}

    /**
     * The JSON text of a model's layers, in the order given, and the total of their costs. Every layer has every key: a shape
     * that is not known and the stride of a Linear layer are {@code []}; {@code reason} is {@code null} where
     * {@code splittable}, {@code maxRank} is {@code null} where not.
     */
    public static String toJson(List<Row> layers) {
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("layers", layers.stream().map(JsonInspection::toJson).toList());
        Cost total = layers.stream().map(Row::cost).reduce(Cost.ZERO, Cost::plus);
        Map<String, Object> totals = new LinkedHashMap<>();
        totals.put("mac", total.mac());
        totals.put("memory", total.memory());
        root.put("total", totals);
        return JsonText.of(root);
    }

    private static Map<String, Object> toJson(Row row) {
        Layer layer = row.layer();
        boolean splittable = row.reason().isEmpty();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", layer.id().name());
        json.put("kind", layer.kind());
        json.put("weightShape", layer.weight().dims());
        json.put("inputShape", layer.inputShape());
        json.put("outputShape", layer.outputShape());
        json.put("groups", layer.groups());
        json.put("stride", layer instanceof ConvLayer conv ? conv.stride() : List.of());
        json.put("mac", row.cost().mac());
        json.put("memory", row.cost().memory());
        json.put("splittable", splittable);
        json.put("reason", row.reason().orElse(null));
        json.put("maxRank", splittable ? row.maxRank().getAsInt() : null);
        return json;
    }
}
