package dev.wsvd.domain.factor;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.RankDecision;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.WeightShape;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.TruncatedSvd;
import java.util.List;

/**
 * One decomposition of a layer's weight, which serves every rank up to the one it was made for.
 *
 * <p>At rank r, with A = U S Vᵀ: one factor is U_r S_r^½, the other S_r^-½ U_rᵀ A. The square root shares the scale fairly
 * between the two layers.
 */
public final class LayerFactors {
    private final Layer layer;
    private final Unfolding unfolding;
    private final boolean transposed;
    private final List<TruncatedSvd> groups;
    private final double[] droppedEnergy;

    /**
     * @param transposed whether the decomposed matrices are the transposed unfolding (its columns being the shorter side)
     * @param groups one decomposition per group, in order
     */
    LayerFactors(Layer layer, Unfolding unfolding, boolean transposed, List<TruncatedSvd> groups) {
        this.layer = layer;
        this.unfolding = unfolding;
        this.transposed = transposed;
        this.groups = List.copyOf(groups);
        this.droppedEnergy = droppedEnergy(this.groups);
    }

    public Layer layer() {
        return layer;
    }

    public Unfolding unfolding() {
        return unfolding;
    }

    /** The largest rank that {@link #at} can give. */
    public int maxRank() {
        return groups.get(0).rank();
    }

    /**
     * The relative reconstruction error ‖A − A_r‖_F / ‖A‖_F of a rank, from the singular values; 0 for a zero weight.
     *
     * @param rank 0 … {@link #maxRank()}
     */
    public double error(int rank) {
        double all = droppedEnergy[0];
        return all == 0 ? 0 : Math.sqrt(droppedEnergy[rank] / all);
    }

    /**
     * The two weights of a rank.
     *
     * @throws InvalidInputException if the rank is outside 1 … {@link #maxRank()}
     */
    public FactorizedLayer at(int rank) {
        if (rank < 1 || rank > maxRank()) {
            throw new InvalidInputException(
                    "Layer '" + layer.id() + "' (" + layer.weight() + ") cannot be split at rank " + rank + " with the "
                            + unfolding + " unfolding; allowed: 1 … " + maxRank() + ".");
        }
        RankDecision.Split split = new RankDecision.Split(unfolding, rank);
        WeightShape firstShape = split.firstWeight(layer);
        WeightShape secondShape = split.secondWeight(layer);
        boolean kernelFirst = unfolding == Unfolding.OUTPUT_CHANNEL;
        float[] first = FloatMatrix.allocate(
                firstShape.out(), Math.multiplyExact(firstShape.inPerGroup(), firstShape.kernelSize()));
        float[] second = FloatMatrix.allocate(
                secondShape.out(), Math.multiplyExact(secondShape.inPerGroup(), secondShape.kernelSize()));
        for (int group = 0; group < groups.size(); group++) {
            for (int r = 0; r < rank; r++) {
                if (kernelFirst) {
                    putOutputChannel(group, r, rank, first, second);
                } else {
                    putInputChannel(group, r, rank, first, second);
                }
            }
        }
        return new FactorizedLayer(layer, split, first, second, error(rank));
    }

    /** A is m' × (n'·K): its row index is the input channel, its column index (output channel, tap). */
    private void putInputChannel(int group, int r, int rank, float[] first, float[] second) {
        Direction direction = new Direction(groups.get(group), r);
        int in = layer.weight().inPerGroup();
        int taps = layer.weight().kernelSize();
        int out = layer.weight().out() / layer.groups();
        int firstRow = (group * rank + r) * in;
        for (int c = 0; c < in; c++) {
            first[firstRow + c] = direction.row(c);
        }
        for (int o = 0; o < out; o++) {
            int at = ((group * out + o) * rank + r) * taps;
            for (int k = 0; k < taps; k++) {
                second[at + k] = direction.col(o * taps + k);
            }
        }
    }

    /** A is n' × (m'·K): its row index is the output channel, its column index (input channel, tap). */
    private void putOutputChannel(int group, int r, int rank, float[] first, float[] second) {
        Direction direction = new Direction(groups.get(group), r);
        int patch = layer.weight().inPerGroup() * layer.weight().kernelSize();
        int out = layer.weight().out() / layer.groups();
        int firstRow = (group * rank + r) * patch;
        for (int x = 0; x < patch; x++) {
            first[firstRow + x] = direction.col(x);
        }
        for (int o = 0; o < out; o++) {
            second[(group * out + o) * rank + r] = direction.row(o);
        }
    }

    private static double[] droppedEnergy(List<TruncatedSvd> groups) {
        int last = groups.get(0).rank();
        double[] dropped = new double[last + 1];
        for (TruncatedSvd svd : groups) {
            dropped[last] += svd.remainder();
        }
        for (int r = last - 1; r >= 0; r--) {
            dropped[r] = dropped[r + 1];
            for (TruncatedSvd svd : groups) {
                dropped[r] += svd.values()[r] * svd.values()[r];
            }
        }
        return dropped;
    }

    /** One singular direction of the unfolded matrix, scaled by S^½ on both sides. */
    private final class Direction {
        private final TruncatedSvd svd;
        private final int index;
        private final double root;
        private final double inverseRoot;

        Direction(TruncatedSvd svd, int index) {
            this.svd = svd;
            this.index = index;
            int cols = svd.svt().cols();
            double energy = 0;
            for (int i = index * cols; i < (index + 1) * cols; i++) {
                energy += (double) svd.svt().data()[i] * svd.svt().data()[i];
            }
            this.root = Math.sqrt(Math.sqrt(energy));
            this.inverseRoot = root == 0 ? 0 : 1 / root;
        }

        float row(int i) {
            return transposed ? longSide(i) : shortSide(i);
        }

        float col(int i) {
            return transposed ? shortSide(i) : longSide(i);
        }

        private float shortSide(int i) {
            return (float) (svd.ut().get(index, i) * root);
        }

        private float longSide(int i) {
            return (float) (svd.svt().data()[index * svd.svt().cols() + i] * inverseRoot);
        }
    }
}
