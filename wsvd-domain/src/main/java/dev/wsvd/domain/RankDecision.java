package dev.wsvd.domain;

import dev.wsvd.domain.error.InvalidInputException;
import java.util.Collections;
import java.util.List;
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

        /** Shape of the first of the two weights: [g·r][m/g][k…], kernel dims all 1 for {@code input-channel}. */
        public WeightShape firstWeight(Layer layer) {
            return new WeightShape(
                    Math.multiplyExact(layer.groups(), rank),
                    layer.weight().inPerGroup(),
                    kernel(layer, Unfolding.OUTPUT_CHANNEL));
        }

        /** Shape of the second of the two weights: [n][r][k…], kernel dims all 1 for {@code output-channel}. */
        public WeightShape secondWeight(Layer layer) {
            return new WeightShape(layer.weight().out(), rank, kernel(layer, Unfolding.INPUT_CHANNEL));
        }

        private List<Integer> kernel(Layer layer, Unfolding keptBy) {
            List<Integer> kernel = layer.weight().kernel();
            return unfolding == keptBy ? kernel : Collections.nCopies(kernel.size(), 1);
        }
    }
}
