package dev.wsvd.domain.factor;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.RankDecision;
import dev.wsvd.domain.WeightShape;
import dev.wsvd.domain.error.InvalidInputException;

/**
 * The two weights that replace one. Both layers keep the original's number of groups g; the first has no bias, the second
 * the original's.
 *
 * @param layer the original layer
 * @param split unfolding and rank r (per group)
 * @param first row-major, of {@link #firstShape()}
 * @param second row-major, of {@link #secondShape()}
 * @param error relative reconstruction error ‖A − A_r‖_F / ‖A‖_F over all groups
 */
public record FactorizedLayer(Layer layer, RankDecision.Split split, float[] first, float[] second, double error) {
    /** @throws InvalidInputException if a weight has not the size its shape asks for */
    public FactorizedLayer {
        check("first", layer, split, split.firstWeight(layer), first);
        check("second", layer, split, split.secondWeight(layer), second);
    }

    /** Shape of the first weight, {@link RankDecision.Split#firstWeight}. */
    public WeightShape firstShape() {
        return split.firstWeight(layer);
    }

    /** Shape of the second weight, {@link RankDecision.Split#secondWeight}. */
    public WeightShape secondShape() {
        return split.secondWeight(layer);
    }

    private static void check(String which, Layer layer, RankDecision.Split split, WeightShape shape, float[] values) {
        if (values.length != shape.elements()) {
            throw new InvalidInputException("The " + which + " factor of layer '" + layer.id() + "' ("
                    + split.unfolding() + " rank " + split.rank() + ") needs shape " + shape + ", which is "
                    + shape.elements() + " elements, found " + values.length + ".");
        }
    }
}
