package dev.wsvd.domain.layer;

import java.util.Objects;
import java.util.Optional;

/**
 * Where a choice is made: at a layer, or at the coupling that is named after it.
 *
 * @param coupling the coupling of that name, if there is one
 */
public record Place(Layer layer, Optional<Coupling> coupling) {
    public Place {
        Objects.requireNonNull(layer, "layer");
        Objects.requireNonNull(coupling, "coupling");
    }

    /** A layer by which no coupling is named. */
    public static Place of(Layer layer) {
        return new Place(layer, Optional.empty());
    }

    /** Its name. */
    public LayerId id() {
        return layer.id();
    }
}
