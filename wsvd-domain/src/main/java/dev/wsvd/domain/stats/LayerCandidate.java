package dev.wsvd.domain.stats;

import dev.wsvd.domain.plan.Choice;
import java.util.Objects;
import java.util.OptionalDouble;

/**
 * Something that could have been done to a layer, with what is known of it; what was not found out is absent.
 *
 * @param before what the layers that it changes cost as they are, in the metric that the target limits
 * @param after what they cost then
 * @param error predicted relative error, see {@link dev.wsvd.domain.plan.Factors#error}
 * @param loss predicted loss, by which budgeted selection chooses
 * @param score of the network with nothing else changed
 */
public record LayerCandidate(
        Choice choice, long before, long after, OptionalDouble error, OptionalDouble loss, OptionalDouble score) {
    public LayerCandidate {
        Objects.requireNonNull(choice, "choice");
        Objects.requireNonNull(error, "error");
        Objects.requireNonNull(loss, "loss");
        Objects.requireNonNull(score, "score");
    }

    /** Whether something is known of it. */
    public boolean isKnown() {
        return error.isPresent() || loss.isPresent() || score.isPresent();
    }
}
