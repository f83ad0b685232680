package dev.wsvd.domain.spi;

import java.util.List;

/**
 * Layers that wait to be decomposed. Any thread may call any method at any time.
 *
 * @param <M> what the format's users call a model
 */
public interface LayerQueue<M> {
    /** The model whose layers they are. */
    CompressibleModel<M> original();

    /** What is wanted; no task needs another's result. */
    List<LayerTask> tasks();

    /** Saves what was learnt of the calibration inputs, which factors are made with, if there is something. */
    boolean saveLearnt(MomentsStore to);

    /** Keeps a result, before this returns; in whichever order they come, the compressed model is the same. A second one of a task is ignored. */
    void made(LayerTask task, LayerTask.Result result);

    /**
     * Does a task in this process.
     *
     * @throws dev.wsvd.domain.error.WsvdException if that fails
     */
    LayerTask.Result factor(LayerTask task);
}
