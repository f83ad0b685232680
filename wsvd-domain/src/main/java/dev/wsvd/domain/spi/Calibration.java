package dev.wsvd.domain.spi;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.factor.LayerMoments;
import dev.wsvd.domain.linalg.LinearAlgebra;
import java.util.Collection;
import java.util.Map;

/**
 * Unlabelled inputs, as the model will see them, and what can be learnt from them. They should not be among the inputs that
 * score.
 *
 * @param <M> what the format's users call a model
 */
public interface Calibration<M> {
    /** Number of inputs. */
    long samples();

    /**
     * Moments of what the layers see when the model runs on the inputs.
     *
     * @return by layer; a layer that cannot be watched is absent
     */
    Map<LayerId, LayerMoments> moments(M model, Collection<Layer> layers, LinearAlgebra linearAlgebra);

    /**
     * How far a model's outputs are from the original's, 0 for equal: the mean Kullback–Leibler divergence KL(p ‖ q) of the
     * class distributions where an output is one row of classes per input, else E‖y − y'‖² / E‖y‖².
     */
    double divergence(M original, M model);
}
