package dev.wsvd.domain.plan;

import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Place;
import java.util.Objects;
import java.util.Optional;

/**
 * Where one decision is made: a layer, and the coupling and the siblings that are named after it.
 *
 * @param cost of the layer as it is
 * @param keepReason why it stays as it is whatever is selected, if so: it is ignored or not supported
 */
public record Site(Place place, Cost cost, Optional<String> keepReason) {
    public Site {
        Objects.requireNonNull(place, "place");
        Objects.requireNonNull(cost, "cost");
        Objects.requireNonNull(keepReason, "keepReason");
    }

    /** A layer by which nothing else is named. */
    public Site(Layer layer, Cost cost, Optional<String> keepReason) {
        this(Place.of(layer), cost, keepReason);
    }

    /** The layer. */
    public Layer layer() {
        return place.layer();
    }

    /** The layer's name. */
    public LayerId id() {
        return place.id();
    }

    /** That it stays as it is: for its own reason, else for that one. */
    public Decision.Keep kept(String otherwise) {
        return new Decision.Keep(keepReason.orElse(otherwise));
    }
}
