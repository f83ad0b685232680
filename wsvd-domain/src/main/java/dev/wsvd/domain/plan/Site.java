package dev.wsvd.domain.plan;

import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import java.util.Objects;
import java.util.Optional;

/**
 * Where one decision is made: a layer.
 *
 * @param cost of the layer as it is
 * @param keepReason why it stays as it is whatever is selected, if so: it is ignored or not supported
 */
public record Site(Layer layer, Cost cost, Optional<String> keepReason) {
    public Site {
        Objects.requireNonNull(layer, "layer");
        Objects.requireNonNull(cost, "cost");
        Objects.requireNonNull(keepReason, "keepReason");
    }

    /** The layer's name. */
    public LayerId id() {
        return layer.id();
    }

    /** That it stays as it is: for its own reason, else for that one. */
    public Decision.Keep kept(String otherwise) {
        return new Decision.Keep(keepReason.orElse(otherwise));
    }
}
