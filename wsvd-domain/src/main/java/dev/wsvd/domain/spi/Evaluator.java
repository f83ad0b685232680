package dev.wsvd.domain.spi;

import dev.wsvd.domain.EvaluatorIdentity;
import dev.wsvd.domain.SampleOutcomes;
import java.util.Optional;

/**
 * Says how good a model is.
 *
 * @param <M> what the format's users call a model
 */
@FunctionalInterface
public interface Evaluator<M> {
    /** As many iterations as there is data for. */
    int ALL = Integer.MAX_VALUE;

    /**
     * The model's score, higher is better, the same every time for the same model.
     *
     * @param iterations how much data to use, in the evaluator's own unit (samples, batches), at least 1; {@link #ALL} for
     *     everything
     */
    double score(M model, int iterations);

    /**
     * The score sample by sample, where it is the proportion of samples that a model gets right; this is then called instead of
     * {@link #score}. Empty for any other score, of which nobody can say how far samples leave it uncertain.
     *
     * @return outcomes whose proportion is the score, of the same samples in the same order for every model
     */
    default Optional<SampleOutcomes> outcomes(M model, int iterations) {
        return Optional.empty();
    }

    /** What this is, so that saved scores are reused only where they mean the same; empty if it cannot say. */
    default Optional<EvaluatorIdentity> identity(int iterations) {
        return Optional.empty();
    }
}
