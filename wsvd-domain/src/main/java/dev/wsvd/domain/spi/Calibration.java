package dev.wsvd.domain.spi;

import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.factor.JointMoments;
import dev.wsvd.domain.factor.LayerMoments;
import dev.wsvd.domain.linalg.LinearAlgebra;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Unlabelled inputs, as the model will see them, and what can be learnt from them. They should not be among the inputs that
 * score.
 *
 * @param <M> what the format's users call a model
 */
public interface Calibration<M> {
    /** Which inputs these are; empty if it cannot say. */
    default Optional<CalibrationIdentity> identity() {
        return Optional.empty();
    }

    /**
     * Refuses inputs, or what was kept of them, that do not fit. Called before any other work.
     *
     * @param layers those whose moments will be asked for
     * @throws dev.wsvd.domain.error.InvalidInputException if they are not what the model takes, or of another model
     */
    default void requireFit(M model, Collection<Layer> layers) {}

    /**
     * Moments of what the layers see when the model runs on the inputs.
     *
     * @return by layer; a layer that cannot be watched is absent
     */
    Map<LayerId, LayerMoments> moments(M model, Collection<Layer> layers, LinearAlgebra linearAlgebra);

    /**
     * What the second half of a split layer would see in a network whose layers before it were split, together with what the
     * layer gave in the original.
     *
     * @param model the original with some layers split, all of them before this one
     * @param split a layer that is not split in the model, with its factors
     * @return empty if the layer cannot be watched in both, has more than 4096 values between its halves per group and output
     *     position, or there are too few inputs to hold some out
     */
    Optional<Joint> joint(M original, M model, FactorizedLayer split, LinearAlgebra linearAlgebra);

    /**
     * Moments by group.
     *
     * @param learnt of most inputs
     * @param heldOut of the others
     */
    record Joint(List<JointMoments> learnt, List<JointMoments> heldOut) {}

    /**
     * How far a model's outputs are from the original's, 0 for equal: the mean Kullback–Leibler divergence KL(p ‖ q) of the
     * class distributions where an output is one row of classes per input, else E‖y − y'‖² / E‖y‖². NaN if no output can be
     * compared.
     */
    double divergence(M original, M model);
}
