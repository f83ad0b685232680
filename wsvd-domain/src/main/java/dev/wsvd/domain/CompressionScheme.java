package dev.wsvd.domain;

import java.util.List;

/** The family of splits a compression may choose from. */
public enum CompressionScheme {
    /** Each layer becomes a pointwise layer and one with the original kernel; see {@link Unfolding}. */
    WEIGHT_SVD("weight-svd", Unfolding.INPUT_CHANNEL, Unfolding.OUTPUT_CHANNEL);

    private final String id;
    private final List<Unfolding> unfoldings;

    CompressionScheme(String id, Unfolding... unfoldings) {
        this.id = id;
        this.unfoldings = List.of(unfoldings);
    }

    /** The ways to unfold a weight that belong to this scheme. */
    public List<Unfolding> unfoldings() {
        return unfoldings;
    }

    /** The name in files and on the command line. */
    public String id() {
        return id;
    }

    @Override
    public String toString() {
        return id;
    }
}
