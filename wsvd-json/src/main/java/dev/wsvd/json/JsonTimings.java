package dev.wsvd.json;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import dev.wsvd.domain.cost.LatencyTable;
import dev.wsvd.domain.file.WholeFile;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.TimingStore;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Times of a model's layers in a JSON file. */
public final class JsonTimings implements TimingStore {
    private final Path file;

    private JsonTimings(Path file) {
        this.file = file;
    }

    /** Times in that file, which need not be there yet. */
    public static JsonTimings at(Path file) {
        return new JsonTimings(Objects.requireNonNull(file, "file"));
    }

    @Override
    public Optional<LatencyTable> load() {
        return JsonFile.readIfPresent(file, JsonFormat.TIMINGS, Content.class).map(JsonTimings::table);
    }

    @Override
    public void save(LatencyTable times) {
        WholeFile.write(file, JsonText.of(Content.of(times)));
    }

    private static LatencyTable table(JsonFile<Content> file) {
        Map<LayerId, LatencyTable.Entry> entries = new LinkedHashMap<>();
        List<LayerTimes> layers = file.content().layers();
        for (int i = 0; i < layers.size(); i++) {
            LayerTimes layer = layers.get(i);
            JsonPath at = JsonPath.to("layers", i);
            Map<String, List<LatencyTable.Point>> curves = new LinkedHashMap<>();
            layer.curves()
                    .forEach((what, points) ->
                            curves.put(what, curve(file, at.then("curves").then(what), points)));
            if (entries.put(layer.name(), new LatencyTable.Entry(layer.ns(), curves)) != null) {
                throw file.refusal(at.then("name"), "names layer '" + layer.name() + "' a second time.");
            }
        }
        return new LatencyTable(file.content().conditions().conditions(), entries);
    }

    private static List<LatencyTable.Point> curve(JsonFile<Content> file, JsonPath at, List<PointTime> points) {
        if (points == null) {
            throw file.refusal(at, "must be a list, found null.");
        }
        List<LatencyTable.Point> curve = new ArrayList<>();
        for (int i = 0; i < points.size(); i++) {
            PointTime point = points.get(i);
            if (point == null) {
                throw file.refusal(at.then(i), "must be an object, found null.");
            }
            if (i > 0 && point.macs() <= points.get(i - 1).macs()) {
                throw file.refusal(
                        at.then(i).then("macs"),
                        "must be above those of the point before, found " + point.macs() + ".");
            }
            curve.add(new LatencyTable.Point(point.macs(), point.ns()));
        }
        return curve;
    }

    /** What is in a file. */
    record Content(
            @JsonProperty(required = true) String format,
            @JsonProperty(required = true) Integer version,

            @JsonProperty(required = true) @JsonSetter(nulls = Nulls.FAIL)
            Conditions conditions,

            @JsonProperty(required = true) @JsonSetter(nulls = Nulls.FAIL, contentNulls = Nulls.FAIL)
            List<LayerTimes> layers) {
        static Content of(LatencyTable times) {
            return new Content(
                    JsonFormat.TIMINGS.id(),
                    JsonFormat.VERSION,
                    Conditions.of(times.conditions()),
                    times.layers().entrySet().stream()
                            .map(layer -> LayerTimes.of(layer.getKey(), layer.getValue()))
                            .toList());
        }
    }

    record Conditions(
            @JsonProperty(required = true) Identities.Name engine,
            @JsonProperty(required = true) Identities.Name machine,
            @JsonProperty(required = true) Integer threads,
            @JsonProperty(required = true) Integer batch,
            @JsonProperty(required = true) Identities.Name inputs,
            @JsonProperty(required = true) Identities.Name modelSha256) {
        static Conditions of(LatencyTable.Conditions conditions) {
            return new Conditions(
                    new Identities.Name(conditions.engine()),
                    new Identities.Name(conditions.machine()),
                    conditions.threads(),
                    conditions.batch(),
                    new Identities.Name(conditions.inputs()),
                    new Identities.Name(conditions.modelSha256()));
        }

        LatencyTable.Conditions conditions() {
            return new LatencyTable.Conditions(
                    engine.text(), machine.text(), threads, batch, inputs.text(), modelSha256.text());
        }
    }

    /** @param curves by what stands there */
    record LayerTimes(
            @JsonProperty(required = true) LayerId name,

            @JsonProperty(required = true) @JsonDeserialize(using = FromZero.class)
            Long ns,

            @JsonProperty(required = true) @JsonSetter(nulls = Nulls.FAIL)
            Map<String, List<PointTime>> curves) {
        static LayerTimes of(LayerId layer, LatencyTable.Entry times) {
            Map<String, List<PointTime>> curves = new LinkedHashMap<>();
            times.curves()
                    .forEach((what, points) -> curves.put(
                            what,
                            points.stream()
                                    .map(point -> new PointTime(point.macs(), point.ns()))
                                    .toList()));
            return new LayerTimes(layer, times.ns(), curves);
        }
    }

    record PointTime(
            @JsonProperty(required = true) @JsonDeserialize(using = FromZero.class)
            Long macs,

            @JsonProperty(required = true) @JsonDeserialize(using = FromZero.class)
            Long ns) {}

    /** Unlike other whole numbers, MACs and times may be 0: of embeddings, and of what a clock does not tell. */
    static final class FromZero extends StdScalarDeserializer<Long> {
        private static final long serialVersionUID = 1;
        private static final String MUST_BE = "must be a whole number of at least 0";

        FromZero() {
            super(Long.class);
        }

        @Override
        public Long deserialize(JsonParser at, DeserializationContext context) throws IOException {
            if (!at.hasToken(JsonToken.VALUE_NUMBER_INT) || new BigInteger(at.getText()).signum() < 0) {
                throw new JsonBinding.Unfit(at, MUST_BE);
            }
            BigInteger found = new BigInteger(at.getText());
            if (found.bitLength() >= Long.SIZE) {
                throw new JsonBinding.Unfit(at, "must be a whole number of at most " + Long.MAX_VALUE);
            }
            return found.longValueExact();
        }

        /** Of {@code null}; a field that is not there is a null of Java. */
        @Override
        public Long getNullValue(DeserializationContext context) throws JsonMappingException {
            throw new JsonBinding.Unfit(context.getParser(), MUST_BE);
        }

        @Override
        public Object getAbsentValue(DeserializationContext context) {
            return null;
        }
    }
}
