package dev.wsvd.domain;

import dev.wsvd.domain.error.InvalidInputException;
import java.util.Objects;

/** What a plan does with one layer. */
public sealed interface RankDecision {
    /**
     * The layer stays as it is.
     *
     * @param reason for people, such as {@code "ignored"} or {@code "no rank saves"}
     */
    record KeepDense(String reason) implements RankDecision {
        public KeepDense {
            Objects.requireNonNull(reason, "reason");
        }
    }

    /**
     * The layer is replaced by two.
     *
     * @param unfolding how the weight becomes a matrix
     * @param rank r ≥ 1, per group
     */
    record Split(Unfolding unfolding, int rank) implements RankDecision {
        public Split {
            Objects.requireNonNull(unfolding, "unfolding");
            if (rank < 1) {
                throw new InvalidInputException("A rank must be at least 1, found " + rank + ".");
            }
        }

        /** Shape of the first of the two weights: [g·r][m/g][k…] with {@link Unfolding#firstKernel}. */
        public WeightShape firstWeight(Layer layer) {
            return new WeightShape(
                    Math.multiplyExact(layer.groups(), rank),
                    layer.weight().inPerGroup(),
                    unfolding.firstKernel(layer));
        }

        /** Shape of the second of the two weights: [n][r][k…] with {@link Unfolding#secondKernel}. */
        public WeightShape secondWeight(Layer layer) {
            return new WeightShape(layer.weight().out(), rank, unfolding.secondKernel(layer));
        }
    }
}
