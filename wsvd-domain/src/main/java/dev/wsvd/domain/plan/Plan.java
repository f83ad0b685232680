package dev.wsvd.domain.plan;

import dev.wsvd.domain.layer.LayerId;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One decision per layer. A layer the plan does not mention stays as it is.
 *
 * @param decisions by layer, in the order given
 */
public record Plan(Map<LayerId, Decision> decisions) {
    /** All layers stay as they are. */
    public static final Plan NONE = new Plan(Map.of());

    public Plan {
        decisions = Collections.unmodifiableMap(new LinkedHashMap<>(decisions));
    }

    /** A plan that changes one layer. */
    public static Plan of(LayerId layer, Choice choice) {
        return new Plan(Map.of(layer, new Decision.Change(choice)));
    }

    /** What happens to a layer. */
    public Decision decision(LayerId layer) {
        return decisions.getOrDefault(layer, new Decision.Keep("not in the plan"));
    }

    /** What is done to the layers that change, in the plan's order. */
    public Map<LayerId, Choice> changes() {
        Map<LayerId, Choice> changes = new LinkedHashMap<>();
        decisions.forEach((layer, decision) -> {
            if (decision instanceof Decision.Change change) {
                changes.put(layer, change.choice());
            }
        });
        return Collections.unmodifiableMap(changes);
    }
}
