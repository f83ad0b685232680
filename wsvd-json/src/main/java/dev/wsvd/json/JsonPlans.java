package dev.wsvd.json;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.Nulls;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.file.WholeFile;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.PlanOrigin;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Plans in JSON files. The reasons of layers that stay as they are are not kept. */
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
        Content content = read.content();
        Map<LayerId, Decision> decisions = new LinkedHashMap<>();
        Map<LayerId, List<StageShape>> stages = new LinkedHashMap<>();
        Map<LayerId, CutShape> cuts = new LinkedHashMap<>();
        for (int i = 0; i < content.layers().size(); i++) {
            LayerContent layer = content.layers().get(i);
            JsonPath at = JsonPath.to("layers", i);
            if (decisions.put(layer.name(), layer.decided(read, at)) != null) {
                throw read.refusal(at.then("name"), "names layer '" + layer.name() + "' a second time.");
            }
            layer.outline().ifPresent(outline -> stages.put(layer.name(), outline));
            layer.left().ifPresent(left -> cuts.put(layer.name(), left));
        }
        return new PlanFile(
                Optional.ofNullable(content.model()).map(Identities.Model::identity),
                Optional.ofNullable(content.madeWith()).map(Origin::origin),
                new Plan(decisions),
                Optional.ofNullable(content.parameters()).map(Identities.Name::text),
                stages,
                cuts);
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
    public static void write(Path file, ModelIdentity model, Plan plan) {
        WholeFile.write(file, toJson(new PlanFile(Optional.of(model), Optional.empty(), plan)));
    }

    /**
     * Writes a plan atomically.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if the path cannot be written
     * @throws dev.wsvd.domain.error.WsvdException if writing fails, for instance on a full disk
     */
    public static void write(Path file, ModelIdentity model, PlanOrigin origin, Plan plan) {
        WholeFile.write(file, toJson(new PlanFile(Optional.of(model), Optional.of(origin), plan)));
    }

    record Content(
            @JsonProperty(required = true) String format,
            @JsonProperty(required = true) Integer version,
            Identities.Model model,
            Origin madeWith,
            Identities.Name parameters,

            @JsonProperty(required = true) @JsonSetter(nulls = Nulls.FAIL, contentNulls = Nulls.FAIL)
            List<LayerContent> layers) {
        static Content of(PlanFile file) {
            return new Content(
                    JsonFormat.PLAN.id(),
                    JsonFormat.VERSION,
                    file.model().map(Identities.Model::of).orElse(null),
                    file.origin().map(Origin::of).orElse(null),
                    file.parameters().map(Identities.Name::new).orElse(null),
                    file.plan().decisions().entrySet().stream()
                            .map(decision -> LayerContent.of(decision.getKey(), decision.getValue(), file))
                            .toList());
        }
    }

    /** What the plan was made with. */
    record Origin(
            @JsonProperty(required = true) Identities.Name wsvd,
            Identities.Inputs calibration,
            @JsonProperty(required = true) Boolean corrected,
            Boolean int8) {
        static Origin of(PlanOrigin origin) {
            return new Origin(
                    new Identities.Name(origin.wsvd()),
                    origin.calibration().map(Identities.Inputs::of).orElse(null),
                    origin.corrected(),
                    origin.int8() ? true : null);
        }

        PlanOrigin origin() {
            return new PlanOrigin(
                    wsvd.text(),
                    Optional.ofNullable(calibration).map(Identities.Inputs::identity),
                    corrected,
                    Boolean.TRUE.equals(int8));
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
    sealed interface LayerContent {
        LayerId name();

        Decision decided(JsonFile<?> file, JsonPath at);

        /** What stands in the layer's place, if the file says it. */
        Optional<List<StageShape>> outline();

        /** What cuts left of it, if the file says it. */
        Optional<CutShape> left();

        static LayerContent of(LayerId layer, Decision decision, PlanFile file) {
            CutContent cut = CutContent.of(file.cuts().get(layer));
            return decision instanceof Decision.Change change
                    ? Split.of(layer, change.choice(), file.stages().get(layer), cut)
                    : new Dense(layer, "dense", cut);
        }
    }

    record Split(
            @JsonProperty(required = true) LayerId name,
            String decision,
            @JsonProperty(required = true) Identities.Name unfolding,
            Integer rank,
            List<Integer> ranks,
            @JsonSetter(contentNulls = Nulls.FAIL) List<StageContent> stages,
            CutContent cut)
            implements LayerContent {
        static Split of(LayerId layer, Choice choice, List<StageShape> stages, CutContent cut) {
            return new Split(
                    layer,
                    "split",
                    new Identities.Name(choice.form()),
                    Ranks.one(choice),
                    Ranks.several(choice),
                    stages == null
                            ? null
                            : stages.stream().map(StageContent::of).toList(),
                    cut);
        }

        @Override
        public Decision decided(JsonFile<?> file, JsonPath at) {
            return new Decision.Change(Ranks.choice(file, at, unfolding, rank, ranks));
        }

        @Override
        public Optional<List<StageShape>> outline() {
            return Optional.ofNullable(stages)
                    .map(all -> all.stream().map(StageContent::shape).toList());
        }

        @Override
        public Optional<CutShape> left() {
            return Optional.ofNullable(cut).map(CutContent::shape);
        }
    }

    /** A stage; what is not there is 1 group, and no axis. */
    record StageContent(@JsonProperty(required = true) Integer out, Integer groups, List<Integer> axes) {
        static StageContent of(StageShape stage) {
            return new StageContent(
                    stage.out(),
                    stage.groups() == 1 ? null : stage.groups(),
                    stage.axes().isEmpty() ? null : stage.axes());
        }

        StageShape shape() {
            return new StageShape(out, groups == null ? 1 : groups, axes == null ? List.of() : axes);
        }
    }

    /** What cuts left; what is not there is no new bias. */
    record CutContent(@JsonProperty(required = true) Integer out, Boolean bias) {
        static CutContent of(CutShape left) {
            return left == null ? null : new CutContent(left.out(), left.bias() ? true : null);
        }

        CutShape shape() {
            return new CutShape(out, bias != null && bias);
        }
    }

    record Dense(@JsonProperty(required = true) LayerId name, String decision, CutContent cut) implements LayerContent {
        @Override
        public Decision decided(JsonFile<?> file, JsonPath at) {
            return new Decision.Keep(DENSE);
        }

        @Override
        public Optional<List<StageShape>> outline() {
            return Optional.empty();
        }

        @Override
        public Optional<CutShape> left() {
            return Optional.ofNullable(cut).map(CutContent::shape);
        }
    }
}
