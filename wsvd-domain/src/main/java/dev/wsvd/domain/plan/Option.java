package dev.wsvd.domain.plan;

import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.layer.LayerId;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * A choice with what it costs, which is all that a selection sees of it.
 *
 * @param cost of what would stand in the layer's place; of a cut, of all layers of the coupling
 * @param shrinks of a cut, how much smaller it makes layers; empty for what changes its own layer alone
 */
public record Option(Choice choice, Cost cost, Map<LayerId, Shrink> shrinks) {
    public Option {
        Objects.requireNonNull(choice, "choice");
        Objects.requireNonNull(cost, "cost");
        shrinks = Collections.unmodifiableMap(new LinkedHashMap<>(shrinks));
    }

    /** What changes its own layer alone. */
    public Option(Choice choice, Cost cost) {
        this(choice, cost, Map.of());
    }

    /** Whether it makes several layers smaller and replaces none. */
    public boolean isCut() {
        return !shrinks.isEmpty();
    }
}
