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
     * A layer's weight as two, at the unfolding's full rank. Of A, p × q per group, the identity stands on the shorter side.
     *
     * @param weight W[n][m/g][k…], row-major
     */
    public static FactorizedLayer of(Layer layer, float[] weight, Unfolding unfolding) {
        WeightShape shape = layer.weight();
        int groups = layer.groups();
        int rank = unfolding.maxRank(layer);
        int in = shape.inPerGroup();
        int out = shape.out() / groups;
        int taps = shape.kernelSize();
        boolean kernelFirst = unfolding == Unfolding.OUTPUT_CHANNEL;
        RankDecision.Split split = new RankDecision.Split(unfolding, rank);
        float[] first = new float[(int) split.firstWeight(layer).elements()];
        float[] second = new float[(int) split.secondWeight(layer).elements()];
        boolean identityFirst = kernelFirst ? rank == in * taps : rank == in;
        int firstTaps = kernelFirst ? taps : 1;
        int secondTaps = kernelFirst ? 1 : taps;
        for (int g = 0; g < groups; g++) {
            for (int r = 0; r < rank; r++) {
                if (identityFirst) {
                    first[((g * rank + r) * in * firstTaps) + r] = 1;
                } else {
                    second[identitySecond(g, r, out, rank, secondTaps)] = 1;
                }
            }
            for (int o = 0; o < out; o++) {
                for (int c = 0; c < in; c++) {
                    for (int k = 0; k < taps; k++) {
                        float w = weight[((g * out + o) * in + c) * taps + k];
                        if (identityFirst) {
                            int r = kernelFirst ? c * taps + k : c;
                            second[((g * out + o) * rank + r) * secondTaps + (kernelFirst ? 0 : k)] = w;
                        } else {
                            int r = kernelFirst ? o : o * taps + k;
                            first[((g * rank + r) * in + c) * firstTaps + (kernelFirst ? k : 0)] = w;
                        }
                    }
                }
            }
        }
        return new FactorizedLayer(layer, split, first, second, 0);
    }

    /** Where the identity's r-th one stands in the second weight: at output r, or at output and tap r = o · K + k. */
    private static int identitySecond(int g, int r, int out, int rank, int taps) {
        int o = r / taps;
        return ((g * out + o) * rank + r) * taps + r % taps;
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
