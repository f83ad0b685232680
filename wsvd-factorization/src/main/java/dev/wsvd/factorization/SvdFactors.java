package dev.wsvd.factorization;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.linalg.Spectrum;
import dev.wsvd.domain.linalg.TruncatedSvd;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Replacement;
import java.util.List;
import java.util.Optional;

/**
 * Factors by the singular value decomposition of the weight alone. At rank r, with A = U S Vᵀ: one factor is U_r S_r^½, the
 * other S_r^-½ U_rᵀ A. The square root shares the scale fairly between the two stages.
 */
final class SvdFactors implements Factors {
    private final Layer layer;
    private final Unfolding unfolding;
    private final boolean transposed;
    private final List<TruncatedSvd> groups;
    private final double[] droppedEnergy;

    /**
     * @param transposed whether the decomposed matrices are the transposed unfolding (its columns being the shorter side)
     * @param groups one decomposition per group, in order
     */
    SvdFactors(Layer layer, Unfolding unfolding, boolean transposed, List<TruncatedSvd> groups) {
        this.layer = layer;
        this.unfolding = unfolding;
        this.transposed = transposed;
        this.groups = List.copyOf(groups);
        this.droppedEnergy = droppedEnergy(
                this.groups.stream().map(TruncatedSvd::values).toList(),
                this.groups.stream().mapToDouble(TruncatedSvd::remainder).sum());
    }

    @Override
    public boolean covers(Choice choice) {
        return choice.isWithin(Choice.of(unfolding.id(), maxRank()));
    }

    @Override
    public List<Spectrum> spectra() {
        return maxRank() < unfolding.maxRank(layer)
                ? List.of()
                : groups.stream()
                        .map(svd -> new Spectrum(svd.values(), svd.svt().cols()))
                        .toList();
    }

    private int maxRank() {
        return groups.get(0).rank();
    }

    @Override
    public double error(Choice choice) {
        return error(droppedEnergy, choice.rank());
    }

    /** What a rank misses, relative to all there is. */
    static double error(double[] droppedEnergy, int rank) {
        double all = droppedEnergy[0];
        return all == 0 ? 0 : Math.sqrt(droppedEnergy[rank] / all);
    }

    @Override
    public Replacement at(Choice choice) {
        int rank = TwoStages.requireRank(layer, unfolding, maxRank(), choice);
        TwoStages stages = TwoStages.of(layer, unfolding, rank);
        float[] first = stages.first();
        float[] second = stages.second();
        int taps = unfolding.taps(layer);
        int projected = unfolding.projected(layer);
        int out = layer.weight().out() / layer.groups();
        for (int group = 0; group < groups.size(); group++) {
            for (int r = 0; r < rank; r++) {
                Direction direction = new Direction(groups.get(group), r);
                int firstRow = (group * rank + r) * projected;
                for (int d = 0; d < projected; d++) {
                    first[firstRow + d] = direction.row(d);
                }
                for (int o = 0; o < out; o++) {
                    int at = ((group * out + o) * rank + r) * taps;
                    for (int j = 0; j < taps; j++) {
                        second[at + j] = direction.col(o * taps + j);
                    }
                }
            }
        }
        return stages.replacement(Optional.empty(), error(droppedEnergy, rank));
    }

    /**
     * By rank, the sum of the squares of what is dropped.
     *
     * @param groups leading singular values of each
     * @param remainder the sum of the squares of the others
     */
    static double[] droppedEnergy(List<double[]> groups, double remainder) {
        int last = groups.get(0).length;
        double[] dropped = new double[last + 1];
        dropped[last] = remainder;
        for (int r = last - 1; r >= 0; r--) {
            dropped[r] = dropped[r + 1];
            for (double[] values : groups) {
                dropped[r] += values[r] * values[r];
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
