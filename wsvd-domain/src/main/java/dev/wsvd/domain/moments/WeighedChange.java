package dev.wsvd.domain.moments;

import dev.wsvd.domain.layer.LayerId;
import java.util.Objects;

/**
 * What of a model has one {@link LossCurve}: the options of a kind at the place of a layer.
 *
 * @param layer after which the place is named
 * @param kind what the options change
 */
public record WeighedChange(LayerId layer, Kind kind) {
    /** What is changed at a place. */
    public enum Kind {
        /** The layer alone. */
        LAYER,
        /** The units of its coupling. */
        CUT,
        /** The layer together with its siblings. */
        SIBLINGS
    }

    public WeighedChange {
        Objects.requireNonNull(layer, "layer");
        Objects.requireNonNull(kind, "kind");
    }
}
