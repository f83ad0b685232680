package dev.wsvd.domain;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One decision per layer. A layer the plan does not mention stays dense.
 *
 * @param decisions by layer, in the order given
 */
public record RankPlan(Map<LayerId, RankDecision> decisions) {
    public RankPlan {
        decisions = Collections.unmodifiableMap(new LinkedHashMap<>(decisions));
    }

    /** What happens to a layer. */
    public RankDecision decision(LayerId layer) {
        return decisions.getOrDefault(layer, new RankDecision.KeepDense("not in the plan"));
    }

    /** The layers that are split, in the plan's order. */
    public Map<LayerId, RankDecision.Split> splits() {
        Map<LayerId, RankDecision.Split> splits = new LinkedHashMap<>();
        decisions.forEach((layer, decision) -> {
            if (decision instanceof RankDecision.Split split) {
                splits.put(layer, split);
            }
        });
        return Collections.unmodifiableMap(splits);
    }
}
