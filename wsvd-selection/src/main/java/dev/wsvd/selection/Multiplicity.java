package dev.wsvd.selection;

import dev.wsvd.cost.CostModel;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.error.InvalidInputException;

/**
 * Ranks are made multiples of this number, for hardware that likes channel counts of 8 or 32.
 *
 * @param value q, at least 1; 1 leaves ranks as they are
 */
public record Multiplicity(int value) {
    /** Any rank will do. */
    public static final Multiplicity ONE = new Multiplicity(1);

    public Multiplicity {
        if (value < 1) {
            throw new InvalidInputException("A multiplicity must be at least 1, found " + value + ".");
        }
    }

    /**
     * The rank rounded up to a multiple; if that no longer saves, the largest multiple that does.
     *
     * @param rank at least 1
     * @return a multiple whose split costs less than the layer, or 0 when there is none
     */
    public int round(Layer layer, Unfolding unfolding, int rank, CostMetric metric) {
        long up = ((long) rank + value - 1) / value * value;
        return (int) Math.min(up, largest(layer, unfolding, metric));
    }

    /** The largest multiple that saves, 0 when there is none. */
    int largest(Layer layer, Unfolding unfolding, CostMetric metric) {
        return CostModel.maxSavingRank(layer, unfolding, metric) / value * value;
    }
}
