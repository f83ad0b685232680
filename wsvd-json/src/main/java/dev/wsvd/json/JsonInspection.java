package dev.wsvd.json;

import dev.wsvd.domain.ConvLayer;
import dev.wsvd.domain.Cost;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.spi.OpenDim;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

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
     * The JSON text of a model's layers, in the order given, the total of their costs, what the whole model stores, and the sizes
     * taken for the dims it leaves open. Every layer has every key: a shape that is not known and the stride of a Linear layer are
     * {@code []}; {@code reason} is {@code null} where {@code splittable}, {@code maxRank} is {@code null} where not; a
     * {@code path} that is not known is {@code null}.
     *
     * @param parameters how many the model stores, {@code null} in the text if that is not known
     */
    public static String toJson(List<Row> layers, OptionalLong parameters, List<OpenDim> openDims) {
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("layers", layers.stream().map(JsonInspection::toJson).toList());
        Cost total = layers.stream().map(Row::cost).reduce(Cost.ZERO, Cost::plus);
        Map<String, Object> totals = new LinkedHashMap<>();
        totals.put("mac", total.mac());
        totals.put("memory", total.memory());
        root.put("total", totals);
        root.put("parameters", parameters.isPresent() ? parameters.getAsLong() : null);
        root.put("openDims", openDims.stream().map(JsonInspection::toJson).toList());
        return JsonText.of(root);
    }

    private static Map<String, Object> toJson(OpenDim dim) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("input", dim.input());
        json.put("axis", dim.axis());
        json.put("name", dim.name());
        json.put("size", dim.size());
        json.put("origin", dim.origin().name().toLowerCase(Locale.ROOT));
        return json;
    }

    private static Map<String, Object> toJson(Row row) {
        Layer layer = row.layer();
        boolean splittable = row.reason().isEmpty();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", layer.id().name());
        json.put("path", layer.path().orElse(null));
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
