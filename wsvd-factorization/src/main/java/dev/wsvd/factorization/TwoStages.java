package dev.wsvd.factorization;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import java.util.List;
import java.util.Optional;

/** Room for the weights of the two stages of a rank, to be filled. */
record TwoStages(Layer layer, Unfolding unfolding, int rank, float[] first, float[] second) {
    static TwoStages of(Layer layer, Unfolding unfolding, int rank) {
        return new TwoStages(
                layer,
                unfolding,
                rank,
                FloatMatrix.allocate(Math.multiplyExact(layer.groups(), rank), unfolding.projected(layer)),
                FloatMatrix.allocate(layer.outChannels(), Math.multiplyExact(rank, unfolding.taps(layer))));
    }

    Replacement replacement(Optional<float[]> biasCorrection, double error) {
        Op last = unfolding.second(layer, rank);
        return Replacement.of(
                layer,
                Choice.of(unfolding.id(), rank),
                List.of(
                        new Stage(unfolding.first(layer, rank), first),
                        new Stage(last, Weights.of(last.weight(), second), biasCorrection)),
                error);
    }

    /** @throws InvalidInputException if factors up to a rank do not have a choice */
    static int requireRank(Layer layer, Unfolding unfolding, int maxRank, Choice choice) {
        if (!choice.isWithin(Choice.of(unfolding.id(), maxRank))) {
            throw new InvalidInputException("Layer '" + layer.id() + "' (" + layer.weight() + ") cannot be split at "
                    + choice.ranks() + " with the " + choice.form() + " unfolding; these factors have " + unfolding
                    + " rank 1 … " + maxRank + ".");
        }
        return choice.rank();
    }
}
