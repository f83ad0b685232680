package dev.wsvd.domain.spi;

/**
 * Decomposes layers, wherever that is done.
 *
 * @param <M> what the format's users call a model
 */
@FunctionalInterface
public interface LayerFactorizer<M> {
    /**
     * Does all tasks, several at once if it can. Returns when the last is done; what was made before a failure was given to the queue.
     *
     * @throws dev.wsvd.domain.error.WsvdException if a layer cannot be decomposed
     */
    void factor(LayerQueue<M> queue);

    /** Whether that is done in this process, where a layer is best decomposed when its factors are used. True by default. */
    default boolean isHere() {
        return true;
    }
}
