package dev.wsvd.domain.layer;

import java.util.List;
import java.util.Objects;

/**
 * Units that layers write and that nevertheless all have to stay.
 *
 * @param writers the layers that write them
 * @param units how many
 * @param reason why they have to stay, for people
 */
public record Uncoupled(List<LayerId> writers, int units, String reason) {
    public Uncoupled {
        writers = List.copyOf(writers);
        Objects.requireNonNull(reason, "reason");
    }
}
