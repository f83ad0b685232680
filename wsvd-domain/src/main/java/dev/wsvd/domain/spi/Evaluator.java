package dev.wsvd.domain.spi;

import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.EvaluatorIdentity;
import java.util.Optional;
import java.util.function.DoubleConsumer;

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
     * The model's evaluation, the same every time for the same model; with outcomes always or never, of the same samples in the
     * same order for every model.
     *
     * @param iterations how much data to use, in the evaluator's own unit (samples, batches), at least 1; {@link #ALL} for
     *     everything
     */
    Evaluation evaluate(M model, int iterations);

    /**
     * The same for a caller that wants to know how far it is.
     *
     * @param done told of each part of the work that was done, as a share of all of it; all calls add up to 1 at most. An evaluator
     *     that never says is fine
     */
    default Evaluation evaluate(M model, int iterations, DoubleConsumer done) {
        return evaluate(model, iterations);
    }

    /** Whether several models may be evaluated at once, by as many threads. False by default. */
    default boolean isConcurrent() {
        return false;
    }

    /** What this is, so that saved scores are reused only where they mean the same; empty if it cannot say. */
    default Optional<EvaluatorIdentity> identity(int iterations) {
        return Optional.empty();
    }
}
