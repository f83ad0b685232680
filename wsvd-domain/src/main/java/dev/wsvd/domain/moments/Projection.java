package dev.wsvd.domain.moments;

import dev.wsvd.domain.linalg.Matrix;
import java.util.List;

/**
 * How the stages before the last make what the last one sees of a patch x̂, group by group: z = (P ⊗ I_J) x̂, of which the last
 * stage has J taps.
 *
 * @param byGroup P, r × D
 * @param taps J, so that a patch has D·J elements
 */
public record Projection(List<Matrix> byGroup, int taps) {
    public Projection {
        byGroup = List.copyOf(byGroup);
    }

    /** r·J, the elements of z. */
    public int width() {
        return Math.multiplyExact(byGroup.get(0).rows(), taps);
    }
}
