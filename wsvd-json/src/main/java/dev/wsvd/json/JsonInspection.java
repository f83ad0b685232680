package dev.wsvd.json;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.wsvd.domain.ConvLayer;
import dev.wsvd.domain.Cost;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.spi.OpenDim;
import java.util.List;
import java.util.Locale;
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
        return JsonText.of(new Content(
                layers.stream().map(LayerContent::of).toList(),
                layers.stream().map(Row::cost).reduce(Cost.ZERO, Cost::plus),
                parameters.isPresent() ? parameters.getAsLong() : null,
                openDims.stream().map(Dim::of).toList()));
    }

    @JsonInclude(JsonInclude.Include.ALWAYS)
    record Content(List<LayerContent> layers, Cost total, Long parameters, List<Dim> openDims) {}

    record Dim(String input, int axis, String name, long size, String origin) {
        static Dim of(OpenDim dim) {
            return new Dim(
                    dim.input(),
                    dim.axis(),
                    dim.name(),
                    dim.size(),
                    dim.origin().name().toLowerCase(Locale.ROOT));
        }
    }

    @JsonInclude(JsonInclude.Include.ALWAYS)
    record LayerContent(
            LayerId name,
            String path,
            String kind,
            List<Integer> weightShape,
            List<Long> inputShape,
            List<Long> outputShape,
            int groups,
            List<Integer> stride,
            long mac,
            long memory,
            boolean splittable,
            String reason,
            Integer maxRank) {
        static LayerContent of(Row row) {
            Layer layer = row.layer();
            Optional<String> reason = row.reason();
            return new LayerContent(
                    layer.id(),
                    layer.path().orElse(null),
                    layer.kind(),
                    layer.weight().dims(),
                    layer.inputShape(),
                    layer.outputShape(),
                    layer.groups(),
                    layer instanceof ConvLayer conv ? conv.stride() : List.of(),
                    row.cost().mac(),
                    row.cost().memory(),
                    reason.isEmpty(),
                    reason.orElse(null),
                    reason.isEmpty() ? row.maxRank().getAsInt() : null);
        }
    }
}
