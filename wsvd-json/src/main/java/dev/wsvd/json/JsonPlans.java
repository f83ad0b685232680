package dev.wsvd.json;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.Nulls;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.PlanOrigin;
import dev.wsvd.domain.RankDecision;
import dev.wsvd.domain.RankPlan;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.file.WholeFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Rank plans in JSON files. The reasons of layers that stay dense are not kept. */
public final class JsonPlans {
    /** The reason of every dense layer of a plan that was read. */
    static final String DENSE = "dense in the plan";

    private JsonPlans() {}

    /**
     * Reads a plan.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if the file cannot be read or is not a plan; the message names the
     *     file, line, column and field
     */
    public static PlanFile read(Path file) {
        JsonFile<Content> read = JsonFile.read(file, JsonFormat.PLAN, Content.class);
        Map<LayerId, RankDecision> decisions = new LinkedHashMap<>();
        List<Decision> layers = read.content().layers();
        for (int i = 0; i < layers.size(); i++) {
            if (decisions.put(layers.get(i).name(), layers.get(i).decided()) != null) {
                throw read.refusal(
                        JsonPath.to("layers", i, "name"),
                        "names layer '" + layers.get(i).name() + "' a second time.");
            }
        }
        Content content = read.content();
        return new PlanFile(
                Optional.ofNullable(content.model()).map(Identities.Model::identity),
                Optional.ofNullable(content.madeWith()).map(Origin::origin),
                new RankPlan(decisions),
                Optional.ofNullable(content.parameters()).map(Identities.Name::text));
    }

    /** The text of a plan file. */
    public static String toJson(PlanFile file) {
        return JsonText.of(Content.of(file));
    }

    /**
     * Writes a plan that does not say what it was made with, atomically.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if the path cannot be written
     * @throws dev.wsvd.domain.error.WsvdException if writing fails, for instance on a full disk
     */
    public static void write(Path file, ModelIdentity model, RankPlan plan) {
        WholeFile.write(file, toJson(new PlanFile(Optional.of(model), Optional.empty(), plan, Optional.empty())));
    }

    /**
     * Writes a plan atomically.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if the path cannot be written
     * @throws dev.wsvd.domain.error.WsvdException if writing fails, for instance on a full disk
     */
    public static void write(Path file, ModelIdentity model, PlanOrigin origin, RankPlan plan) {
        WholeFile.write(file, toJson(new PlanFile(Optional.of(model), Optional.of(origin), plan, Optional.empty())));
    }

    record Content(
            @JsonProperty(required = true) String format,
            @JsonProperty(required = true) Integer version,
            Identities.Model model,
            Origin madeWith,
            Identities.Name parameters,

            @JsonProperty(required = true) @JsonSetter(nulls = Nulls.FAIL, contentNulls = Nulls.FAIL)
            List<Decision> layers) {
        static Content of(PlanFile file) {
            return new Content(
                    JsonFormat.PLAN.id(),
                    JsonFormat.VERSION,
                    file.model().map(Identities.Model::of).orElse(null),
                    file.origin().map(Origin::of).orElse(null),
                    file.parameters().map(Identities.Name::new).orElse(null),
                    file.plan().decisions().entrySet().stream()
                            .map(decision -> Decision.of(decision.getKey(), decision.getValue()))
                            .toList());
        }
    }

    /** What the plan was made with. */
    record Origin(
            @JsonProperty(required = true) Identities.Name wsvd,
            Identities.Inputs calibration,
            @JsonProperty(required = true) Boolean corrected) {
        static Origin of(PlanOrigin origin) {
            return new Origin(
                    new Identities.Name(origin.wsvd()),
                    origin.calibration().map(Identities.Inputs::of).orElse(null),
                    origin.corrected());
        }

        PlanOrigin origin() {
            return new PlanOrigin(
                    wsvd.text(), Optional.ofNullable(calibration).map(Identities.Inputs::identity), corrected);
        }
    }

    /** What happens to one layer. */
    @JsonTypeInfo(
            use = JsonTypeInfo.Id.NAME,
            include = JsonTypeInfo.As.EXISTING_PROPERTY,
            property = "decision",
            visible = true)
    @JsonSubTypes({
        @JsonSubTypes.Type(name = "split", value = Split.class),
        @JsonSubTypes.Type(name = "dense", value = Dense.class)
    })
    sealed interface Decision {
        LayerId name();

        RankDecision decided();

        static Decision of(LayerId layer, RankDecision decision) {
            return decision instanceof RankDecision.Split split
                    ? new Split(layer, "split", split.unfolding(), split.rank())
                    : new Dense(layer, "dense");
        }
    }

    record Split(
            @JsonProperty(required = true) LayerId name,
            String decision,
            @JsonProperty(required = true) Unfolding unfolding,
            @JsonProperty(required = true) Integer rank)
            implements Decision {
        @Override
        public RankDecision decided() {
            return new RankDecision.Split(unfolding, rank);
        }
    }

    record Dense(@JsonProperty(required = true) LayerId name, String decision) implements Decision {
        @Override
        public RankDecision decided() {
            return new RankDecision.KeepDense(DENSE);
        }
    }
}
