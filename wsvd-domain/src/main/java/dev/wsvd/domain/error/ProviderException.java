package dev.wsvd.domain.error;

/** No backend or model format, or more than one, answers the request. */
public class ProviderException extends InvalidInputException {
    private static final long serialVersionUID = 1L;

    public ProviderException(String message) {
        super(message);
    }

    public ProviderException(String message, Throwable cause) {
        super(message, cause);
    }
}
