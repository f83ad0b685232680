package dev.wsvd.domain.spi;

import dev.wsvd.domain.error.InvalidInputException;

/**
 * Under which conditions a model is timed. They change which of two networks is faster.
 *
 * @param threads how many threads the engine computes with
 * @param batch samples per run, unless the model's batch dim is fixed
 */
public record TimingConditions(int threads, int batch) {
    /** One thread, one sample. */
    public static final TimingConditions DEFAULT = new TimingConditions(1, 1);

    /** @throws InvalidInputException if a number is below 1 */
    public TimingConditions {
        if (threads < 1 || batch < 1) {
            throw new InvalidInputException(
                    "Timing takes at least 1 thread and 1 sample per run, found " + threads + " and " + batch + ".");
        }
    }

    /** For people: {@code 1 thread, batch of 16}. */
    @Override
    public String toString() {
        return threads + (threads == 1 ? " thread" : " threads") + ", batch of " + batch;
    }
}
