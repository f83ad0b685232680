package dev.wsvd.domain.plan;

import dev.wsvd.domain.layer.LayerId;
import java.util.Objects;

/** One thing that could be done to one layer; everything that is evaluated and scored is keyed by it. */
public record Candidate(LayerId layer, Choice choice) {
    public Candidate {
        Objects.requireNonNull(layer, "layer");
        Objects.requireNonNull(choice, "choice");
    }
}
