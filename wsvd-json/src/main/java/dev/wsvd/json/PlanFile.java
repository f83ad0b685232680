package dev.wsvd.json;

import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.PlanOrigin;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What a plan file holds.
 *
 * @param model the model the plan was made for, absent in files made by hand
 * @param origin what the plan was made with, absent in files made by hand or by an early version
 * @param plan one decision per layer named in the file
 * @param parameters the file, in the same folder, of the weights that the plan belongs to; present where a format keeps the two
 *     apart
 * @param stages what stands in the place of each layer that was replaced; only in such a folder, and not of an early version
 * @param cuts what cuts left of layers; only in such a folder
 */
public record PlanFile(
        Optional<ModelIdentity> model,
        Optional<PlanOrigin> origin,
        Plan plan,
        Optional<String> parameters,
        Map<LayerId, List<StageShape>> stages,
        Map<LayerId, CutShape> cuts) {
    public PlanFile {
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(origin, "origin");
        Objects.requireNonNull(plan, "plan");
        Objects.requireNonNull(parameters, "parameters");
        stages = Map.copyOf(stages);
        cuts = Map.copyOf(cuts);
    }

    /** A plan that belongs to no weights. */
    public PlanFile(Optional<ModelIdentity> model, Optional<PlanOrigin> origin, Plan plan) {
        this(model, origin, plan, Optional.empty(), Map.of(), Map.of());
    }

    /** This plan as that of weights in a file of the same folder. */
    public PlanFile withParameters(String name) {
        return new PlanFile(model, origin, plan, Optional.of(name), stages, cuts);
    }
}
