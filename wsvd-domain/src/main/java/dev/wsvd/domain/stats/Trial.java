package dev.wsvd.domain.stats;

import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.score.ConfidenceInterval;
import dev.wsvd.domain.score.Evaluation;
import java.util.Objects;
import java.util.Optional;

/**
 * A whole network that was scored.
 *
 * @param name for people: {@code ratio 0.431}
 * @param cost of the network
 * @param score higher is better
 * @param interval its 95 % interval, absent unless it is a proportion of the samples
 */
public record Trial(String name, Cost cost, double score, Optional<ConfidenceInterval> interval) {
    public Trial {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(cost, "cost");
        Objects.requireNonNull(interval, "interval");
    }

    /** A network that was evaluated. */
    public static Trial of(String name, Cost cost, Evaluation made) {
        return new Trial(name, cost, made.score(), made.interval());
    }
}
