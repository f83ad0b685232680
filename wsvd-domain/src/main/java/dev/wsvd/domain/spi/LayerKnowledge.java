package dev.wsvd.domain.spi;

import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.moments.LayerMoments;
import java.util.Optional;
import java.util.function.Function;

/** What a scheme learns from: layers' weights and biases, and what they see of real inputs if that is known. */
public interface LayerKnowledge {
    /**
     * A layer's weight.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if there is no such layer or its weight cannot be read
     */
    Weights weights(LayerId layer);

    /** A layer's bias, by output channel; empty if it has none or the format does not tell. */
    Optional<float[]> bias(LayerId layer);

    /** What a layer sees; empty to go by weights alone. */
    Optional<LayerMoments> moments(LayerId layer);

    /**
     * Of a model.
     *
     * @param moments what a layer sees, if that is known
     */
    static LayerKnowledge of(CompressibleModel<?> model, Function<LayerId, Optional<LayerMoments>> moments) {
        return new LayerKnowledge() {
            @Override
            public Weights weights(LayerId layer) {
                return model.weights(layer);
            }

            @Override
            public Optional<float[]> bias(LayerId layer) {
                return model.bias(layer);
            }

            @Override
            public Optional<LayerMoments> moments(LayerId layer) {
                return moments.apply(layer);
            }
        };
    }

    /** Of one layer. */
    static LayerKnowledge of(Weights weights, Optional<LayerMoments> moments) {
        return new LayerKnowledge() {
            @Override
            public Weights weights(LayerId layer) {
                return weights;
            }

            @Override
            public Optional<float[]> bias(LayerId layer) {
                return Optional.empty();
            }

            @Override
            public Optional<LayerMoments> moments(LayerId layer) {
                return moments;
            }
        };
    }
}
