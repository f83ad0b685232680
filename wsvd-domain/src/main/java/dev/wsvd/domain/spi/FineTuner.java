package dev.wsvd.domain.spi;

import dev.wsvd.domain.layer.LayerId;

/**
 * Trains a compressed model a little, to win back what compressing lost. Both calls may train in place and return the model
 * they were given, or return another.
 *
 * @param <M> what the format's users call a model
 */
public interface FineTuner<M> {
    /**
     * Called after each replacement with the model so far (AIMET's trainer callback): first, with all cuts made, once for each layer
     * that a cut is named after, then after each layer that was split, in graph order.
     */
    default CompressibleModel<M> tuneLayer(CompressibleModel<M> model, LayerId layer) {
        return model;
    }

    /** Called once, when the whole plan is carried out. */
    default CompressibleModel<M> tuneModel(CompressibleModel<M> model) {
        return model;
    }
}
