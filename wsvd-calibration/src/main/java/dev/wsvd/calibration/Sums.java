package dev.wsvd.calibration;

import dev.wsvd.domain.moments.LayerMoments;
import java.io.Serializable;

/** Sums over what one layer sees, from which its moments follow. Those of other samples can be added to them. */
interface Sums extends Serializable {
    /**
     * Adds the sums over other samples.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if they are not those of the same layer
     */
    void add(Sums others);

    /** The moments of what was added, at least one input. These sums must not be used any more. */
    LayerMoments moments();
}
