package dev.wsvd.domain.score;

import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Plan;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A whole network that was scored: what it was made of, and how.
 *
 * @param changes by layer; none for the original. Where layers compute in int8, those that are not replaced but do so too
 * @param quick whether factors were taken as they are; else as the compressed model's are
 * @param corrected whether layers made up for what those before them miss
 * @param int8 whether its layers computed in int8
 */
public record ScoredPlan(Map<LayerId, Choice> changes, boolean quick, boolean corrected, boolean int8) {
    /** The original. */
    public static final ScoredPlan ORIGINAL = new ScoredPlan(Map.of(), true, false, false);

    public ScoredPlan {
        changes = Collections.unmodifiableMap(new LinkedHashMap<>(changes));
    }

    /** The network of a plan with its factors as they are. */
    public static ScoredPlan quick(Plan plan) {
        return new ScoredPlan(plan.changes(), true, false, false);
    }
}
