package dev.wsvd.domain.spi;

import dev.wsvd.domain.LayerId;
import java.util.Map;

/**
 * Measures what became of layers' outputs.
 *
 * <p>Two errors of a split layer are told apart. <i>Alone</i> it sees what it saw in the original; that is what
 * {@link dev.wsvd.domain.factor.LayerFactors#error} predicts. In the compressed model it sees what the split layers before it
 * give, so that their errors reach it; that is measured here.
 *
 * @param <M> what the format's users call a model
 */
@FunctionalInterface
public interface OutputErrors<M> {
    /**
     * √(Σ‖y − y′‖² / Σ‖y − ȳ‖²) for each layer of the original that the compressed model does not have whole: y is what it gives
     * in the original and y′ what its two layers give in the compressed model, both before any activation; ȳ is the mean of y by
     * channel, and the sums run over all samples and positions.
     *
     * @return by layer of the original; a layer that cannot be watched in both is absent, and one whose output is constant
     */
    Map<LayerId, Double> measure(CompressibleModel<M> original, CompressibleModel<M> compressed);
}
