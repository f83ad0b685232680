package dev.wsvd.adapter.onnx.internal.shape;

import dev.wsvd.adapter.onnx.internal.engine.Engine;
import java.time.Duration;

/**
 * How sizes are found.
 *
 * @param engine what infers and runs
 * @param limit how long the run may take that measures what inference does not tell
 * @param weights bytes of weights that the run may load, in float32
 */
public record Measuring(Engine engine, Duration limit, long weights) {}
