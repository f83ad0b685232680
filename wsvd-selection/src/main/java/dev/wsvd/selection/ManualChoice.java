package dev.wsvd.selection;

import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.error.InvalidInputException;
import java.util.Objects;

/** How far the user wants one layer split. */
public sealed interface ManualChoice {
    /**
     * To the largest rank within a ratio of the layer's cost.
     *
     * @param ratio the layer's cost after / before
     */
    record ToRatio(CompressionRatio ratio) implements ManualChoice {
        public ToRatio {
            Objects.requireNonNull(ratio, "ratio");
        }
    }

    /**
     * To a size.
     *
     * @param rank r ≥ 1, per group; of a cut, how many units stay
     */
    record ToRank(int rank) implements ManualChoice {
        public ToRank {
            if (rank < 1) {
                throw new InvalidInputException("A rank must be at least 1, found " + rank + ".");
            }
        }
    }
}
