package dev.wsvd.testkit;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.RankDecision;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.WeightShape;
import dev.wsvd.domain.factor.FactorizedLayer;

/**
 * Full-rank factors without any linear algebra: one is the weight, the other the identity, so what a model computes does not
 * change by a rounding.
 */
public final class ExactFactors {
    private ExactFactors() {}

    /**
     * A layer's weight as two, at the unfolding's full rank. Of A, D × n'·J per group, the identity stands on the shorter side.
     *
     * @param weight W[n][m/g][k…], row-major
     */
    public static FactorizedLayer of(Layer layer, float[] weight, Unfolding unfolding) {
        int groups = layer.groups();
        int rank = unfolding.maxRank(layer);
        int taps = unfolding.taps(layer);
        int projected = unfolding.projected(layer);
        int out = layer.outChannels() / groups;
        boolean identityFirst = rank == projected;
        RankDecision.Split split = new RankDecision.Split(unfolding, rank);
        float[] first = new float[(int) split.firstWeight(layer).elements()];
        float[] second = new float[(int) split.secondWeight(layer).elements()];
        for (int g = 0; g < groups; g++) {
            for (int r = 0; r < rank; r++) {
                if (identityFirst) {
                    first[(g * rank + r) * projected + r] = 1;
                } else {
                    second[((g * out + r / taps) * rank + r) * taps + r % taps] = 1;
                }
            }
            for (int o = 0; o < out; o++) {
                for (int d = 0; d < projected; d++) {
                    for (int j = 0; j < taps; j++) {
                        float w = weight[((g * out + o) * projected + d) * taps + j];
                        if (identityFirst) {
                            second[((g * out + o) * rank + d) * taps + j] = w;
                        } else {
                            first[(g * rank + o * taps + j) * projected + d] = w;
                        }
                    }
                }
            }
        }
        return new FactorizedLayer(layer, split, first, second, 0);
    }

    /** The first r directions of full-rank factors: not the best of that rank, but of its shape. */
    public static FactorizedLayer truncated(FactorizedLayer full, int rank) {
        Layer layer = full.layer();
        int groups = layer.groups();
        int fullRank = full.split().rank();
        RankDecision.Split split = new RankDecision.Split(full.split().unfolding(), rank);
        WeightShape firstShape = split.firstWeight(layer);
        WeightShape secondShape = split.secondWeight(layer);
        float[] first = new float[(int) firstShape.elements()];
        float[] second = new float[(int) secondShape.elements()];
        int row = first.length / firstShape.out();
        for (int g = 0; g < groups; g++) {
            System.arraycopy(full.first(), g * fullRank * row, first, g * rank * row, rank * row);
        }
        int taps = secondShape.kernelSize();
        for (int o = 0; o < secondShape.out(); o++) {
            System.arraycopy(full.second(), o * fullRank * taps, second, o * rank * taps, rank * taps);
        }
        return new FactorizedLayer(layer, split, first, second, 1);
    }
}
