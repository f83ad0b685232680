package dev.wsvd.domain.stats;

import java.util.Objects;
import java.util.OptionalDouble;

/**
 * How long a layer takes in its network, and what stands in its place in the compressed one, each with what follows it and is no layer.
 *
 * @param denseNs of the layer in the original, measured in ns
 * @param predictedNs what was predicted for what stands in its place; absent if nothing was
 * @param measuredNs what that takes, measured beside the original
 */
public record LayerTimes(double denseNs, OptionalDouble predictedNs, double measuredNs) {
    public LayerTimes {
        Objects.requireNonNull(predictedNs, "predictedNs");
    }

    /** The same with what was predicted. */
    public LayerTimes withPredicted(double ns) {
        return new LayerTimes(denseNs, OptionalDouble.of(ns), measuredNs);
    }
}
