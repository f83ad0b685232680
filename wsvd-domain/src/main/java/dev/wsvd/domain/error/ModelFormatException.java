package dev.wsvd.domain.error;

/** A model that cannot be read, understood, run or written. */
public class ModelFormatException extends WsvdException {
    private static final long serialVersionUID = 1L;

    public ModelFormatException(String message) {
        super(message);
    }

    public ModelFormatException(String message, Throwable cause) {
        super(message, cause);
    }
}
