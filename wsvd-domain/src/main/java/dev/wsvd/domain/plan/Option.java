package dev.wsvd.domain.plan;

import dev.wsvd.domain.cost.Cost;
import java.util.Objects;

/**
 * A choice with what it costs, which is all that a selection sees of it.
 *
 * @param cost of what would stand in the layer's place
 */
public record Option(Choice choice, Cost cost) {
    public Option {
        Objects.requireNonNull(choice, "choice");
        Objects.requireNonNull(cost, "cost");
    }
}
