package dev.wsvd.adapter.onnx.internal.engine;

import dev.wsvd.domain.tensor.Tensor;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A model loaded by an {@link Engine}. Not for several threads at once. */
public interface EngineSession extends AutoCloseable {
    List<EngineValue> inputs();

    List<EngineValue> outputs();

    /**
     * Runs the model once.
     *
     * @param feed by input; of types that {@link OrtTypes#signed} leaves as they are
     * @return by output; those that are no tensors of numbers are absent
     * @throws EngineException if ONNX Runtime fails
     */
    Map<String, Tensor> run(Map<String, Tensor> feed) throws EngineException;

    /**
     * Runs the model once, but ends the run when its time is up. The engine looks between two nodes, in bodies too.
     *
     * @return empty if it was ended
     * @throws EngineException if ONNX Runtime fails
     */
    Optional<Map<String, Tensor>> run(Map<String, Tensor> feed, Duration limit) throws EngineException;

    @Override
    void close();
}
