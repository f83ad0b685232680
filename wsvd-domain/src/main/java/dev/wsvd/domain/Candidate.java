package dev.wsvd.domain;

import java.util.Objects;

/**
 * One thing that could be done to one layer; everything that is decomposed, evaluated and scored is keyed by it.
 *
 * @param layer the layer
 * @param split unfolding and rank
 */
public record Candidate(LayerId layer, RankDecision.Split split) {
    public Candidate {
        Objects.requireNonNull(layer, "layer");
        Objects.requireNonNull(split, "split");
    }

    public Candidate(LayerId layer, Unfolding unfolding, int rank) {
        this(layer, new RankDecision.Split(unfolding, rank));
    }
}
