package dev.wsvd.domain.error;

/** A matrix that cannot be decomposed; the message names its shape and the cause. */
public class LinearAlgebraException extends WsvdException {
    private static final long serialVersionUID = 1L;

    public LinearAlgebraException(String message) {
        super(message);
    }

    public LinearAlgebraException(String message, Throwable cause) {
        super(message, cause);
    }
}
