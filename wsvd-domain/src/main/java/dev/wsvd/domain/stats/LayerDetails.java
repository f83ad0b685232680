package dev.wsvd.domain.stats;

import dev.wsvd.domain.layer.Layer;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a layer of the original is, and what could have been done to it.
 *
 * @param kind such as {@code Conv}
 * @param weight dims of its weight
 * @param candidates some of what the selection compared, by form and from small to large; empty where it compared nothing
 * @param spectrum of its weight, absent unless it was asked for
 */
public record LayerDetails(
        String kind, List<Integer> weight, List<LayerCandidate> candidates, Optional<CumulativeEnergy> spectrum) {
    public LayerDetails {
        Objects.requireNonNull(kind, "kind");
        weight = List.copyOf(weight);
        candidates = List.copyOf(candidates);
        Objects.requireNonNull(spectrum, "spectrum");
    }

    /** Those of a layer. */
    public static LayerDetails of(Layer layer, List<LayerCandidate> candidates, Optional<CumulativeEnergy> spectrum) {
        return new LayerDetails(layer.kind(), layer.weight().dims(), candidates, spectrum);
    }
}
