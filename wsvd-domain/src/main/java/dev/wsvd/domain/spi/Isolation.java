package dev.wsvd.domain.spi;

import dev.wsvd.domain.error.InvalidInputException;
import java.time.Duration;

/**
 * That a format's engine runs in a process of its own, so that a model that makes it crash, use up memory or never end does not
 * take this process with it. Models with equal limits share one process, which is started when first needed, again after its
 * end, and stays until this JVM ends.
 *
 * @param time how long loading a model, or running it once, may take
 * @param memory how many bytes the process may have
 */
public record Isolation(Duration time, long memory) {
    /** What the engine needs before it loads anything. */
    public static final long LEAST_MEMORY = 256_000_000;

    private static final Duration SHORTEST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofDays(1);

    /** One minute, 4 GB. */
    public static final Isolation DEFAULT = new Isolation(Duration.ofMinutes(1), 4_000_000_000L);

    /** @throws InvalidInputException if a limit is too small, or no limit */
    public Isolation {
        if (time.compareTo(SHORTEST) < 0 || time.compareTo(LONGEST) > 0) {
            throw new InvalidInputException("Isolation takes a time limit of at least " + SHORTEST.toSeconds()
                    + " s and at most " + LONGEST.toSeconds() + " s, found " + time.toSeconds() + " s.");
        }
        if (memory < LEAST_MEMORY) {
            throw new InvalidInputException(
                    "Isolation takes a memory limit of at least " + LEAST_MEMORY + " bytes, found " + memory + ".");
        }
    }
}
