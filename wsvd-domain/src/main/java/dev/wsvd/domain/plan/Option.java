package dev.wsvd.domain.plan;

import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.layer.LayerId;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * A choice with what it costs, which is all that a selection sees of it.
 *
 * @param size for people: {@code rank 12}, {@code 48 of 64 units}
 * @param cost of what would stand in the layer's place; of what changes several, of all of them
 * @param shrinks of a cut, how much smaller it makes layers; empty for what makes none smaller
 * @param replaced of what replaces several layers, what each costs then; empty for what replaces its own alone
 */
public record Option(Choice choice, String size, Cost cost, Map<LayerId, Shrink> shrinks, Map<LayerId, Cost> replaced) {
    public Option {
        Objects.requireNonNull(choice, "choice");
        Objects.requireNonNull(size, "size");
        Objects.requireNonNull(cost, "cost");
        shrinks = Collections.unmodifiableMap(new LinkedHashMap<>(shrinks));
        replaced = Collections.unmodifiableMap(new LinkedHashMap<>(replaced));
    }

    /** What changes its own layer alone. */
    public Option(Choice choice, Cost cost) {
        this(choice, choice.ranks(), cost, Map.of(), Map.of());
    }

    /** For people: {@code input-channel rank 12}, {@code channel-pruning 48 of 64 units}. */
    public String name() {
        return choice.form() + " " + size;
    }

    /** Whether it makes several layers smaller and replaces none. */
    public boolean isCut() {
        return !shrinks.isEmpty();
    }

    /** Whether it changes its own layer and no other. */
    public boolean isAlone() {
        return shrinks.isEmpty() && replaced.isEmpty();
    }

    /** The layers that it changes together; empty for what {@linkplain #isAlone changes its own alone}. */
    public Set<LayerId> together() {
        return isCut() ? shrinks.keySet() : replaced.keySet();
    }
}
