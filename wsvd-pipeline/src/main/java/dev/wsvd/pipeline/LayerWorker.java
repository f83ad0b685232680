package dev.wsvd.pipeline;

import dev.wsvd.cost.Costs;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.spi.LayerTask;
import dev.wsvd.domain.spi.Schemes;

/**
 * Decomposes layers as a run with the same settings does. What a task gives does not depend on those before it. Made by
 * {@link ModelCompressor#layerWorker}. For any thread: layers are decomposed one at a time.
 *
 * @param <M> what the format's users call a model
 */
public final class LayerWorker<M> implements AutoCloseable {
    private final Run<M> run;

    LayerWorker(Settings<M> settings, Schemes schemes, Costs costs) {
        this.run = new Run<>(settings, schemes, costs, false);
        run.calibrated().requireFit();
    }

    /**
     * Does a task.
     *
     * @throws InvalidInputException if the model has no such layer, or the layer no such choice
     * @throws dev.wsvd.domain.error.WsvdException if the layer cannot be decomposed
     */
    public synchronized LayerTask.Result factor(LayerTask task) {
        Place place = run.place(task.layer());
        run.factors().expectExactly(task.layer(), task.upTo());
        return run.factors().does(place, task);
    }

    /** Lets go of what it learnt; the model stays its caller's. */
    @Override
    public void close() {
        run.calibrated().close();
    }
}
