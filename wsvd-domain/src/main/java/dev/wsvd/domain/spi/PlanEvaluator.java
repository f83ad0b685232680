package dev.wsvd.domain.spi;

/**
 * Makes the networks of plans and evaluates them, wherever that is done.
 *
 * @param <M> what the format's users call a model
 */
@FunctionalInterface
public interface PlanEvaluator<M> {
    /**
     * Evaluates plans until none is left, several at once if it can. Returns when the last is done; what was made before a failure was
     * given to the queue.
     *
     * @throws dev.wsvd.domain.error.WsvdException if a plan cannot be evaluated
     */
    void evaluate(PlanQueue<M> queue);

    /** Whether networks are made in this process, so that layers had better be decomposed before. True by default. */
    default boolean isHere() {
        return true;
    }
}
