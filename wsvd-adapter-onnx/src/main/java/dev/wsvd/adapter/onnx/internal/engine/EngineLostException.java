package dev.wsvd.adapter.onnx.internal.engine;

import dev.wsvd.domain.error.ModelFormatException;

/** ONNX Runtime's process has ended while it worked on a model: nothing more should be tried with that model. */
public final class EngineLostException extends ModelFormatException {
    private static final long serialVersionUID = 1L;

    public EngineLostException(String message, Throwable cause) {
        super(message, cause);
    }
}
