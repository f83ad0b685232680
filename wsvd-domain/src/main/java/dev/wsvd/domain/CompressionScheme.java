package dev.wsvd.domain;

import dev.wsvd.domain.error.InvalidInputException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The family of splits a compression may choose from. */
public enum CompressionScheme {
    /** Each layer becomes a pointwise layer and one with the original kernel; see {@link Unfolding}. */
    WEIGHT_SVD("weight-svd", Unfolding.INPUT_CHANNEL, Unfolding.OUTPUT_CHANNEL),
    /** Each convolution becomes one along the rows and one along the columns of its kernel. */
    SPATIAL_SVD("spatial-svd", Unfolding.SPATIAL),
    /** Whatever suits a layer. */
    ANY("any", Unfolding.values());

    private final String id;
    private final List<Unfolding> unfoldings;

    CompressionScheme(String id, Unfolding... unfoldings) {
        this.id = id;
        this.unfoldings = List.of(unfoldings);
    }

    /**
     * The scheme of that id.
     *
     * @throws InvalidInputException if there is none
     */
    public static CompressionScheme of(String id) {
        return Arrays.stream(values())
                .filter(scheme -> scheme.id.equals(id))
                .findFirst()
                .orElseThrow(() -> new InvalidInputException("Unknown compression scheme '" + id + "'; allowed: "
                        + Arrays.stream(values()).map(CompressionScheme::id).collect(Collectors.joining(", ")) + "."));
    }

    /** The ways to unfold a weight that belong to this scheme, the one for all layers alike first. */
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
