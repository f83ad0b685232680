package dev.wsvd.adapter.onnx.internal.run;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.wsvd.domain.error.ModelFormatException;

/** A session and the weights it looks at, closed together. */
public record EngineSession(OrtEnvironment environment, OrtSession session, DetachedWeights weights)
        implements AutoCloseable {
    @Override
    public void close() {
        try (weights) {
            session.close();
        } catch (OrtException e) {
            throw new ModelFormatException("ONNX Runtime failed to close a session: " + Engine.reason(e) + ".", e);
        }
    }
}
