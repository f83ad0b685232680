package dev.wsvd.domain.error;

/** What runs models has ended, or was given up, while it worked on a model: nothing more should be tried with that model. */
public final class EngineLostException extends ModelFormatException {
    private static final long serialVersionUID = 1L;

    public EngineLostException(String message, Throwable cause) {
        super(message, cause);
    }
}
