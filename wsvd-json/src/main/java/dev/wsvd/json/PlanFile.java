package dev.wsvd.json;

import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.PlanOrigin;
import dev.wsvd.domain.RankPlan;
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
 */
public record PlanFile(
        Optional<ModelIdentity> model, Optional<PlanOrigin> origin, RankPlan plan, Optional<String> parameters) {
    public PlanFile {
        Objects.requireNonNull(parameters, "parameters");
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(origin, "origin");
        Objects.requireNonNull(plan, "plan");
    }
}
