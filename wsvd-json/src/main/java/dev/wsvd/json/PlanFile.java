package dev.wsvd.json;

import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.RankPlan;
import java.util.Objects;
import java.util.Optional;

/**
 * What a plan file holds.
 *
 * @param model the model the plan was made for, absent in files made by hand
 * @param plan one decision per layer named in the file
 */
public record PlanFile(Optional<ModelIdentity> model, RankPlan plan) {
    public PlanFile {
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(plan, "plan");
    }
}
