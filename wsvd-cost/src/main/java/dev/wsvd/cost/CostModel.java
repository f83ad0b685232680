package dev.wsvd.cost;

import dev.wsvd.domain.CompressionRatio;
import dev.wsvd.domain.Cost;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.RankDecision;
import dev.wsvd.domain.RankPlan;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.error.InvalidInputException;
import java.math.BigInteger;
import java.util.Collection;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Supplier;

/**
 * What layers cost, dense and split, per sample. Biases are not counted.
 *
 * <p>With n output and m input channels in g groups (n' = n/g, m' = m/g), K kernel taps, P_in and P_out positions, and rank
 * r per group:
 *
 * <table>
 * <caption>cost of a layer</caption>
 * <tr><th></th><th>memory, weight elements</th><th>mac, multiply-accumulates per sample</th></tr>
 * <tr><td>dense</td><td>n·m'·K</td><td>n·m'·K·P_out</td></tr>
 * <tr><td>split, input-channel</td><td>g·r·(m' + n'·K)</td><td>g·r·m'·P_in + g·r·n'·K·P_out</td></tr>
 * <tr><td>split, output-channel</td><td>g·r·(m'·K + n')</td><td>g·r·(m'·K + n')·P_out</td></tr>
 * <tr><td>split, spatial</td><td>g·r·(m'·h + n'·w)</td><td>g·r·m'·h·H_out·W_in + g·r·n'·w·P_out</td></tr>
 * </table>
 *
 * <p>A layer whose input or output size is unknown counts no MACs, dense or split, so no split of it saves MACs. All
 * arithmetic is exact.
 */
public final class CostModel {
    private CostModel() {}

    /**
     * A layer as it is.
     *
     * @throws InvalidInputException if the cost does not fit in 63 bits
     */
    public static Cost dense(Layer layer) {
        return exact(layer, () -> {
            long memory = layer.weight().elements();
            return new Cost(sizesKnown(layer) ? Math.multiplyExact(memory, layer.outputPositions()) : 0, memory);
        });
    }

    /**
     * The two layers that replace a layer.
     *
     * @throws InvalidInputException if the cost does not fit in 63 bits
     */
    public static Cost split(Layer layer, RankDecision.Split split) {
        return exact(layer, () -> times(perRank(layer, split.unfolding()), split.rank()));
    }

    /** A layer after a decision about it. */
    public static Cost of(Layer layer, RankDecision decision) {
        return decision instanceof RankDecision.Split split ? split(layer, split) : dense(layer);
    }

    /** A model with every layer as it is. */
    public static Cost of(Collection<? extends Layer> layers) {
        return of(layers, new RankPlan(Map.of()));
    }

    /**
     * A model after a plan; layers the plan does not mention stay dense.
     *
     * @throws InvalidInputException if the cost does not fit in 63 bits
     */
    public static Cost of(Collection<? extends Layer> layers, RankPlan plan) {
        Cost sum = Cost.ZERO;
        for (Layer layer : layers) {
            Cost before = sum;
            sum = exact(layer, () -> before.plus(of(layer, plan.decision(layer.id()))));
        }
        return sum;
    }

    /**
     * The largest rank r with cost(r) ≤ ratio · cost(layer), at least 1 and at most {@link Unfolding#maxRank}. At ratio 1 it
     * may save nothing.
     *
     * @return empty if even rank 1 costs more, the layer's cost is unknown, or the unfolding does not apply
     */
    public static OptionalInt rankFor(Layer layer, Unfolding unfolding, CompressionRatio ratio, CostMetric metric) {
        long dense = dense(layer).of(metric);
        if (!unfolding.appliesTo(layer)) {
            return OptionalInt.empty();
        }
        long perRank = exact(layer, () -> perRank(layer, unfolding)).of(metric);
        if (!ratio.admits(perRank, dense) || dense == 0) {
            return OptionalInt.empty();
        }
        BigInteger allowed = BigInteger.valueOf(dense).multiply(BigInteger.valueOf(ratio.numerator()));
        BigInteger unit = BigInteger.valueOf(perRank).multiply(BigInteger.valueOf(ratio.denominator()));
        BigInteger max = BigInteger.valueOf(unfolding.maxRank(layer));
        return OptionalInt.of(allowed.divide(unit).min(max).intValueExact());
    }

    /** The largest rank whose split costs strictly less than the layer, at most {@link Unfolding#maxRank}; 0 if none does. */
    public static int maxSavingRank(Layer layer, Unfolding unfolding, CostMetric metric) {
        long dense = dense(layer).of(metric);
        if (dense == 0 || !unfolding.appliesTo(layer)) {
            return 0;
        }
        long perRank = exact(layer, () -> perRank(layer, unfolding)).of(metric);
        return (int) Math.min((dense - 1) / perRank, unfolding.maxRank(layer));
    }

    /** Cost of rank 1; rank r costs r times as much. The second layer always works on the output positions. */
    private static Cost perRank(Layer layer, Unfolding unfolding) {
        long first = Math.multiplyExact((long) layer.groups(), unfolding.projected(layer));
        long second = Math.multiplyExact((long) layer.outChannels(), unfolding.taps(layer));
        long mac = sizesKnown(layer)
                ? Math.addExact(
                        Math.multiplyExact(first, unfolding.positionsBetween(layer)),
                        Math.multiplyExact(second, layer.outputPositions()))
                : 0;
        return new Cost(mac, Math.addExact(first, second));
    }

    private static Cost times(Cost cost, int rank) {
        return new Cost(Math.multiplyExact(cost.mac(), rank), Math.multiplyExact(cost.memory(), rank));
    }

    private static boolean sizesKnown(Layer layer) {
        return layer.inputPositions() > 0 && layer.outputPositions() > 0;
    }

    private static Cost exact(Layer layer, Supplier<Cost> arithmetic) {
        try {
            return arithmetic.get();
        } catch (ArithmeticException e) {
            throw new InvalidInputException(
                    "Layer '" + layer.id() + "' (" + layer.weight() + ", input " + layer.inputShape() + ", output "
                            + layer.outputShape() + ") brings the cost above " + Long.MAX_VALUE
                            + ", more than can be counted.",
                    e);
        }
    }
}
