package dev.wsvd.domain.spi;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.quantization.Quantization;
import dev.wsvd.domain.quantization.Quantization.Mode;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A model whose layers can compute in int8. It knows which, and which tensors between them are int8 then; how numbers are rounded is told
 * to it.
 *
 * @param <M> what the format's users call a model
 */
public interface Quantizable<M> {
    /**
     * The model in float32 as its layers will be rounded: normalisations that follow a layer are part of its weight and bias. It
     * computes what the original does, up to rounding, and its layers have the same names. It belongs to this, and is not closed.
     */
    CompressibleModel<M> model();

    /** Layers of {@link #model} that can be int8, in graph order. */
    List<Layer> layers(Mode mode);

    /** Why others cannot, by layer. */
    Map<LayerId, String> refused(Mode mode);

    /** Tensors that become int8 with some layers, and need an encoding each; tensors that have to share one count once. */
    Set<String> activations(Collection<LayerId> layers);

    /**
     * The model with tensors inside it as its outputs.
     *
     * @param tensors names of {@link #activations}
     */
    Observed<M> observed(Collection<String> tensors);

    /**
     * A model that shows tensors.
     *
     * @param outputs names of its outputs by tensor
     */
    record Observed<M>(M model, Map<String, String> outputs) {
        public Observed {
            outputs = Map.copyOf(outputs);
        }
    }

    /** Layers whose bias is given with them; what others add stands behind them, in float. */
    Set<LayerId> biased();

    /** Layers one behind the other, whose weights may be scaled against each other, channel by channel. */
    List<Chain> chains();

    /**
     * Two layers, neither of them grouped, the second of which alone reads what the first gives, channel by channel, with at most a ReLU
     * between them: that of a product with a positive number is the product of that.
     *
     * @param between the tensor that the second reads; its channels are the second dim of a convolution's, the last of others
     */
    record Chain(LayerId first, LayerId second, String between) {}

    /**
     * The model with other weights and biases of the same shapes, still in float32.
     *
     * @param weights by layer
     * @param biases by layer of {@link #biased}
     */
    Quantizable<M> reweighted(Map<LayerId, Weights> weights, Map<LayerId, float[]> biases);

    /**
     * Whether the engine on this machine adds products of 8 bits in 16, where they overflow: weights of 7 bits do not. False by default.
     */
    default boolean overflows() {
        return false;
    }

    /**
     * The model with layers in int8, always a new one that is closed by itself. Layers and what they give keep their names.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if a layer is not among {@link #layers}, or an activation has no encoding
     */
    CompressibleModel<M> with(Quantization quantization);
}
