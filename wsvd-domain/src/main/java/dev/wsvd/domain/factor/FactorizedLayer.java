package dev.wsvd.domain.factor;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.RankDecision;
import dev.wsvd.domain.WeightShape;
import dev.wsvd.domain.error.InvalidInputException;
import java.util.List;
import java.util.Optional;

/**
 * The two weights that replace one. Both layers keep the original's number of groups g; the first has no bias, the second
 * the original's, with the shift added.
 *
 * @param layer the original layer
 * @param split unfolding and rank r (per group)
 * @param first row-major, of {@link #firstShape()}
 * @param second row-major, of {@link #secondShape()}
 * @param shift what is added to the bias, per output channel; absent for nothing
 * @param error {@link LayerFactors#error} of the rank
 */
public record FactorizedLayer(
        Layer layer, RankDecision.Split split, float[] first, float[] second, Optional<float[]> shift, double error) {
    /** @throws InvalidInputException if a weight has not the size its shape asks for */
    public FactorizedLayer {
        check("first factor", layer, split, split.firstWeight(layer), first);
        check("second factor", layer, split, split.secondWeight(layer), second);
        shift.ifPresent(
                added -> check("shift", layer, split, new WeightShape(1, layer.outChannels(), List.of()), added));
    }

    /** Factors that leave the bias as it is. */
    public FactorizedLayer(Layer layer, RankDecision.Split split, float[] first, float[] second, double error) {
        this(layer, split, first, second, Optional.empty(), error);
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
            throw new InvalidInputException("The " + which + " of layer '" + layer.id() + "' ("
                    + split.unfolding() + " rank " + split.rank() + ") needs shape " + shape + ", which is "
                    + shape.elements() + " elements, found " + values.length + ".");
        }
    }
}
