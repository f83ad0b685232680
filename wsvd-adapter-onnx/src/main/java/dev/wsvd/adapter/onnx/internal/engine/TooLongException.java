package dev.wsvd.adapter.onnx.internal.engine;

/** ONNX Runtime took longer than a limit, and is not waited for any more. */
public final class TooLongException extends EngineException {
    private static final long serialVersionUID = 1L;

    TooLongException(String reason) {
        super(reason, null);
    }
}
