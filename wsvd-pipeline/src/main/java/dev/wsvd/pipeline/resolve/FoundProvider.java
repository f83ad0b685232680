package dev.wsvd.pipeline.resolve;

import dev.wsvd.domain.spi.Provider;
import java.util.Optional;

/**
 * A provider that a search came across, whether or not it can work.
 *
 * @param id its id, or the name of its class when it could not even be loaded
 * @param version version of what does the work, empty when it could not be loaded
 * @param priority the highest wins
 * @param unavailable why it cannot work here, if so
 * @param jar where it was found, for people; {@code unknown} when the runtime does not say
 * @param provider the provider itself, empty when it could not be loaded
 */
public record FoundProvider<P extends Provider<?>>(
        String id, String version, int priority, Optional<String> unavailable, String jar, Optional<P> provider) {
    /** Whether it can work here. */
    public boolean available() {
        return unavailable.isEmpty();
    }
}
