package dev.wsvd.json;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.spi.OpenDim;
import dev.wsvd.domain.stats.ReportOrigin;
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
     * @param cost its cost, in MACs and memory at least
     * @param form the form that {@code largest} is of
     * @param largest the largest choice that lowers memory, absent if none does
     */
    public record Row(Layer layer, Cost cost, String form, Optional<Choice> largest) {
        public Row {
            Objects.requireNonNull(layer, "layer");
            Objects.requireNonNull(cost, "cost");
            Objects.requireNonNull(form, "form");
            Objects.requireNonNull(largest, "largest");
        }

        /** Why the layer cannot be replaced with profit, if so. */
        public Optional<String> reason() {
            return layer.unsupportedReason()
                    .or(() -> largest.isEmpty() ? Optional.of("no " + form + " rank saves memory") : Optional.empty());
        }

        /** The largest rank that lowers memory; absent if none does, or the form has several ranks. */
        public OptionalInt maxRank() {
            return largest.isPresent() && largest.get().sizes().size() == 1
                    ? OptionalInt.of(largest.get().rank())
                    : OptionalInt.empty();
        }
    }

    private JsonInspection() {}

    /**
     * The JSON text of a model's layers, in the order given, the total of their costs, what the whole model stores, and the sizes
     * taken for the dims it leaves open. Every layer has every key: a shape that is not known and the stride of what is no convolution
     * are {@code []}; {@code reason} is {@code null} where {@code splittable}, {@code maxRank} where not, and where the form has several
     * ranks; a {@code path} that is not known is {@code null}.
     *
     * @param parameters how many the model stores, {@code null} in the text if that is not known
     */
    public static String toJson(List<Row> layers, OptionalLong parameters, List<OpenDim> openDims) {
        return toJson(layers, parameters, openDims, Optional.empty());
    }

    /** The same with what it was made from, for a page. */
    public static String toJson(
            List<Row> layers, OptionalLong parameters, List<OpenDim> openDims, Optional<ReportOrigin> origin) {
        return JsonText.of(new Content(
                JsonFormat.INSPECTION.id(),
                JsonFormat.VERSION,
                layers.stream().map(LayerContent::of).toList(),
                Amounts.of(layers.stream().map(Row::cost).reduce(Cost::plus).orElse(Cost.of(0, 0))),
                parameters.isPresent() ? parameters.getAsLong() : null,
                openDims.stream().map(Dim::of).toList(),
                origin.map(ProvenanceContent::of).orElse(null)));
    }

    @JsonInclude(JsonInclude.Include.ALWAYS)
    record Content(
            String format,
            Integer version,
            List<LayerContent> layers,
            Amounts total,
            Long parameters,
            List<Dim> openDims,
            @JsonInclude(JsonInclude.Include.NON_NULL) ProvenanceContent provenance) {}

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
            @JsonUnwrapped Shapes shapes,
            @JsonUnwrapped Amounts cost,
            @JsonUnwrapped Verdict verdict) {
        static LayerContent of(Row row) {
            Layer layer = row.layer();
            return new LayerContent(
                    layer.id(),
                    layer.path().orElse(null),
                    layer.op().kind(),
                    Shapes.of(layer),
                    Amounts.of(row.cost()),
                    Verdict.of(row));
        }
    }

    record Shapes(
            List<Integer> weightShape,
            List<Long> inputShape,
            List<Long> outputShape,
            int groups,
            List<Integer> stride) {
        static Shapes of(Layer layer) {
            return new Shapes(
                    layer.weight().dims(),
                    layer.inputShape(),
                    layer.outputShape(),
                    layer.groups(),
                    layer.op() instanceof Convolution conv ? conv.stride() : List.of());
        }
    }

    record Amounts(long mac, long memory) {
        static Amounts of(Cost cost) {
            return new Amounts(cost.of(Metric.MAC), cost.of(Metric.MEMORY));
        }
    }

    @JsonInclude(JsonInclude.Include.ALWAYS)
    record Verdict(boolean splittable, String reason, Integer maxRank) {
        static Verdict of(Row row) {
            Optional<String> reason = row.reason();
            return new Verdict(
                    reason.isEmpty(),
                    reason.orElse(null),
                    reason.isEmpty() && row.maxRank().isPresent()
                            ? (Integer) row.maxRank().getAsInt()
                            : null);
        }
    }
}
