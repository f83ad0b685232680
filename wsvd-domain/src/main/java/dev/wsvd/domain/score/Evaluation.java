package dev.wsvd.domain.score;

import java.util.Objects;
import java.util.Optional;

/**
 * How good a model is.
 *
 * @param score higher is better; finite, if the evaluation is to be of use
 * @param outcomes the score sample by sample, where it is the proportion of samples that the model gets right; absent for any
 *     other score, of which nobody can say how far samples leave it uncertain
 */
public record Evaluation(double score, Optional<SampleOutcomes> outcomes) {
    public Evaluation {
        Objects.requireNonNull(outcomes, "outcomes");
        if (outcomes.isPresent() && outcomes.get().proportion() != score) {
            throw new IllegalArgumentException("The score " + score + " is not the proportion of the right samples, "
                    + outcomes.get().proportion() + ".");
        }
    }

    /** A score whose uncertainty is not known. */
    public static Evaluation of(double score) {
        return new Evaluation(score, Optional.empty());
    }

    /** The proportion of samples that are right. */
    public static Evaluation of(SampleOutcomes outcomes) {
        return new Evaluation(outcomes.proportion(), Optional.of(outcomes));
    }

    /** The interval of the score; empty unless it is known sample by sample. */
    public Optional<ConfidenceInterval> interval() {
        return outcomes.map(SampleOutcomes::interval);
    }

    /**
     * The interval of the drop, this score less the other, of two models on the same samples; empty unless both are known sample
     * by sample.
     *
     * @see SampleOutcomes#dropTo
     */
    public Optional<ConfidenceInterval> dropTo(Evaluation other) {
        return outcomes.flatMap(before -> other.outcomes.map(before::dropTo));
    }
}
