package dev.wsvd.adapter.djl.internal.probe;

import java.util.Optional;

/**
 * What a layer did in one run of its network.
 *
 * @param input what was kept of what it was given first, if seen
 * @param output what was kept of what it made of that, if seen
 * @param unsupportedReason why it must not be replaced, if so
 */
public record Observation<T>(Optional<T> input, Optional<T> output, Optional<String> unsupportedReason) {}
