package dev.wsvd.json;

import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.PlanOrigin;
import dev.wsvd.domain.RankDecision;
import dev.wsvd.domain.RankPlan;
import dev.wsvd.domain.file.WholeFile;
import java.nio.file.Path;
import java.util.ArrayList;
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
        Field root = JsonSource.read(file);
        JsonFormat.PLAN.require(root);
        root.allowing("format", "version", "model", "madeWith", "parameters", "layers");
        Map<LayerId, RankDecision> decisions = new LinkedHashMap<>();
        for (Field layer : root.required("layers").items()) {
            Field name = layer.required("name");
            if (decisions.put(new LayerId(name.name()), decision(layer)) != null) {
                throw name.source()
                        .refusal(
                                name.value().place(),
                                name.named() + " names layer '" + name.text() + "' a second time.");
            }
        }
        return new PlanFile(
                root.optional("model").map(Identities::model),
                root.optional("madeWith").map(JsonPlans::origin),
                new RankPlan(decisions),
                root.optional("parameters").map(Field::name));
    }

    /** The text of a plan file. */
    public static String toJson(PlanFile file) {
        Map<String, Object> root = JsonFormat.PLAN.begin();
        file.model().ifPresent(model -> root.put("model", Identities.toJson(model)));
        file.origin().ifPresent(origin -> root.put("madeWith", toJson(origin)));
        file.parameters().ifPresent(parameters -> root.put("parameters", parameters));
        List<Object> layers = new ArrayList<>();
        file.plan().decisions().forEach((layer, decision) -> {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("name", layer.name());
            Decisions.put(decision, json);
            layers.add(json);
        });
        root.put("layers", layers);
        return JsonText.of(root);
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

    private static Map<String, Object> toJson(PlanOrigin origin) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("wsvd", origin.wsvd());
        origin.calibration().ifPresent(inputs -> json.put("calibration", Identities.toJson(inputs)));
        json.put("corrected", origin.corrected());
        return json;
    }

    private static PlanOrigin origin(Field field) {
        field.allowing("wsvd", "calibration", "corrected");
        return new PlanOrigin(
                field.required("wsvd").name(),
                field.optional("calibration").map(Identities::calibration),
                field.required("corrected").yesOrNo());
    }

    private static RankDecision decision(Field layer) {
        if (Decisions.isSplit(layer)) {
            layer.allowing("name", "decision", "unfolding", "rank");
            return Decisions.split(layer);
        }
        layer.allowing("name", "decision");
        return new RankDecision.KeepDense(DENSE);
    }
}
