package dev.wsvd.domain.plan;

import dev.wsvd.domain.linalg.Spectrum;
import java.util.List;

/** One decomposition of a layer's weight, which serves every choice up to the largest it was made for. */
public interface Factors {
    /** Whether a choice is among those this serves. */
    boolean covers(Choice choice);

    /**
     * How much a choice misses, relative to all there is: of the weight, ‖W − W'‖_F / ‖W‖_F, or, where it is known what the layer
     * sees, of its outputs, √(E‖(W − W') x‖² / E‖W x‖²) of centred inputs x. 0 where there is nothing.
     */
    double error(Choice choice);

    /**
     * What stands in the layer's place.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if the choice is not {@linkplain #covers covered}
     */
    Replacement at(Choice choice);

    /**
     * The same, searched for longer where that may lower the error; its error is at most {@link #error}.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if the choice is not {@linkplain #covers covered}
     */
    default Replacement refined(Choice choice) {
        return at(choice);
    }

    /**
     * The singular values of the weight's unfolding, one matrix per group; empty where something else was decomposed, or not up to full
     * rank.
     */
    default List<Spectrum> spectra() {
        return List.of();
    }
}
