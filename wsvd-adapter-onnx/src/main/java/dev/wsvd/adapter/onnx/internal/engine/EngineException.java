package dev.wsvd.adapter.onnx.internal.engine;

/** ONNX Runtime cannot do what it was asked. The message is its reason, in one line. */
public class EngineException extends Exception {
    private static final long serialVersionUID = 1L;

    public EngineException(String reason, Throwable cause) {
        super(reason, cause);
    }
}
