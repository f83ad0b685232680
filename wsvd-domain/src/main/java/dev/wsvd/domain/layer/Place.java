package dev.wsvd.domain.layer;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where a choice is made: at a layer, at the coupling that is named after it, or at the siblings that are.
 *
 * @param coupling the coupling of that name, if there is one
 * @param siblings the siblings of which it is the first, if there are others
 */
public record Place(Layer layer, Optional<Coupling> coupling, Optional<Siblings> siblings) {
    public Place {
        Objects.requireNonNull(layer, "layer");
        Objects.requireNonNull(coupling, "coupling");
        Objects.requireNonNull(siblings, "siblings");
    }

    /** A layer that is not the first of siblings. */
    public Place(Layer layer, Optional<Coupling> coupling) {
        this(layer, coupling, Optional.empty());
    }

    /** A layer by which nothing else is named. */
    public static Place of(Layer layer) {
        return new Place(layer, Optional.empty());
    }

    /** The layers that a choice here may change, its own first, each once. */
    public List<Layer> layers() {
        return Stream.concat(
                        Stream.of(layer),
                        Stream.concat(
                                coupling.stream().flatMap(it -> it.layers().stream()),
                                siblings.stream().flatMap(it -> it.layers().stream())))
                .distinct()
                .toList();
    }

    /** Its name. */
    public LayerId id() {
        return layer.id();
    }
}
