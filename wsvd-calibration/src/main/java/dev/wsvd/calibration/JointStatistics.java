package dev.wsvd.calibration;

import dev.wsvd.domain.moments.JointMoments;
import java.util.List;

/**
 * What the last of the stages in a layer's place, or what is left of it after cuts, would see in a network whose layers before it were
 * replaced, together with what the layer gave in the original.
 *
 * @param learnt moments by group, of most inputs
 * @param heldOut moments by group, of the others
 */
public record JointStatistics(List<JointMoments> learnt, List<JointMoments> heldOut) {
    public JointStatistics {
        learnt = List.copyOf(learnt);
        heldOut = List.copyOf(heldOut);
    }
}
