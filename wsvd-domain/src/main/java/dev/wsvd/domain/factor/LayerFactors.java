package dev.wsvd.domain.factor;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.RankDecision;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.error.InvalidInputException;

/** One decomposition of a layer's weight, which serves every rank up to the one it was made for. */
public interface LayerFactors {
    Layer layer();

    Unfolding unfolding();

    /** The largest rank that {@link #at} can give. */
    int maxRank();

    /**
     * How much a rank misses, relative to all there is: of the weight, ‖A − A_r‖_F / ‖A‖_F, or, where it is known what the
     * layer sees, of its outputs, √(E‖(W − W') x‖² / E‖W x‖²) of centred patches x. 0 where there is nothing.
     *
     * @param rank 0 … {@link #maxRank()}
     */
    double error(int rank);

    /**
     * The two weights of a rank.
     *
     * @throws InvalidInputException if the rank is outside 1 … {@link #maxRank()}
     */
    FactorizedLayer at(int rank);

    /**
     * The two weights of a rank, searched for longer where that may lower the error; theirs is at most {@link #error}.
     *
     * @throws InvalidInputException if the rank is outside 1 … {@link #maxRank()}
     */
    default FactorizedLayer refined(int rank) {
        return at(rank);
    }

    /**
     * The split at a rank that these factors have.
     *
     * @throws InvalidInputException if the rank is outside 1 … {@link #maxRank()}
     */
    default RankDecision.Split split(int rank) {
        if (rank < 1 || rank > maxRank()) {
            throw new InvalidInputException("Layer '" + layer().id() + "' ("
                    + layer().weight() + ") cannot be split at rank " + rank + " with the " + unfolding()
                    + " unfolding; allowed: 1 … " + maxRank() + ".");
        }
        return new RankDecision.Split(unfolding(), rank);
    }
}
