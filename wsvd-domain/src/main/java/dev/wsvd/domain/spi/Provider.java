package dev.wsvd.domain.spi;

import java.util.Optional;

/**
 * Something {@link java.util.ServiceLoader} finds and a resolver chooses from. Its constructor and every method but
 * {@link #create} must be cheap: heavy things are made by {@code create}, natives are only probed by {@link #unavailable}.
 *
 * @param <T> what it provides
 */
public interface Provider<T> {
    /** Short, lower-case, unique among providers of a kind: what users type. */
    String id();

    /** The version of what does the work, such as {@code 0.46.1}; for logs and provenance. */
    String version();

    /** The highest wins when several are present and none was asked for. */
    int priority();

    /** Why this provider cannot work here, with the artifact to add, if so. */
    default Optional<String> unavailable() {
        return Optional.empty();
    }

    /** Makes the thing itself. */
    T create();
}
