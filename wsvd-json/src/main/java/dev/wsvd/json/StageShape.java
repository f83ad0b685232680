package dev.wsvd.json;

import dev.wsvd.domain.error.InvalidInputException;
import java.util.List;

/**
 * One of the layers that stand in another's place, by what the replaced layer does not tell: a stage moves along some of its axes, as it
 * does.
 *
 * @param out output channels, over all groups
 * @param groups 1 but for grouped convolutions
 * @param axes of the input [N][C][spatial…], from 0, that the stage moves along; empty if it looks at one position at a time
 */
public record StageShape(int out, int groups, List<Integer> axes) {
    /** @throws InvalidInputException if there is no channel or no group */
    public StageShape {
        axes = List.copyOf(axes);
        if (out < 1 || groups < 1) {
            throw new InvalidInputException(
                    "A stage has at least 1 output channel and 1 group, found " + out + " and " + groups + ".");
        }
    }
}
