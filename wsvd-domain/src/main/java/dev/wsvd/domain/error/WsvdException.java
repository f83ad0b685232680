package dev.wsvd.domain.error;

/**
 * The root of everything wsvd throws on purpose.
 *
 * <p>A message names what went wrong, where (layer, file, field), the value found and the value allowed, and may end with
 * a sentence that begins with "Maybe". It is meant to be shown to the user as it stands, without a stack trace: names in it may
 * come from strangers, so it is made {@linkplain Printable#message printable}.
 */
public class WsvdException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public WsvdException(String message) {
        super(printable(message));
    }

    public WsvdException(String message, Throwable cause) {
        super(printable(message), cause);
    }

    private static String printable(String message) {
        return message == null ? null : Printable.message(message);
    }
}
