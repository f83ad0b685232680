package dev.wsvd.domain.error;

/** The call was wrong: an option, a name, a value or a file that cannot be used as given. */
public class InvalidInputException extends WsvdException {
    private static final long serialVersionUID = 1L;

    public InvalidInputException(String message) {
        super(message);
    }

    public InvalidInputException(String message, Throwable cause) {
        super(message, cause);
    }
}
