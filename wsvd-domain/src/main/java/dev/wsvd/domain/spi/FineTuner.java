package dev.wsvd.domain.spi;

import dev.wsvd.domain.layer.LayerId;

/**
 * Trains a compressed model a little, to win back what splitting lost. Both calls may train in place and return the model
 * they were given, or return another.
 *
 * @param <M> what the format's users call a model
 */
public interface FineTuner<M> {
    /** Called after each layer that was split, in graph order, with the model so far (AIMET's trainer callback). */
    default CompressibleModel<M> tuneLayer(CompressibleModel<M> model, LayerId layer) {
        return model;
    }

    /** Called once, when all layers of the plan are split. */
    default CompressibleModel<M> tuneModel(CompressibleModel<M> model) {
        return model;
    }
}
