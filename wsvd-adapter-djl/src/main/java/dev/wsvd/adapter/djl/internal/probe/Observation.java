package dev.wsvd.adapter.djl.internal.probe;

import ai.djl.ndarray.types.Shape;
import java.util.Optional;

/**
 * What a layer did in one run of its network.
 *
 * @param input shape of what it was given, if seen
 * @param output shape of what it made of that, if seen
 * @param obstacle why it must not be replaced, if so
 */
public record Observation(Optional<Shape> input, Optional<Shape> output, Optional<String> obstacle) {}
