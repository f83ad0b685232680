package dev.wsvd.domain.factor;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.RankDecision;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.linalg.FloatMatrix;
import java.util.List;
import java.util.Optional;

/** Factors that keep a layer's outputs on the inputs it really sees, and move its bias so that the mean output stays. */
final class DataAwareFactors implements LayerFactors {
    private final Layer layer;
    private final Unfolding unfolding;
    private final int maxRank;
    private final List<GroupFit> groups;

    DataAwareFactors(Layer layer, Unfolding unfolding, int maxRank, List<GroupFit> groups) {
        this.layer = layer;
        this.unfolding = unfolding;
        this.maxRank = maxRank;
        this.groups = List.copyOf(groups);
    }

    @Override
    public Layer layer() {
        return layer;
    }

    @Override
    public Unfolding unfolding() {
        return unfolding;
    }

    @Override
    public int maxRank() {
        return maxRank;
    }

    @Override
    public double error(int rank) {
        return relative(groups.stream().mapToDouble(g -> g.missing(rank)).sum());
    }

    @Override
    public FactorizedLayer at(int rank) {
        return of(rank, groups.stream().map(GroupFit::nested).toList());
    }

    @Override
    public FactorizedLayer refined(int rank) {
        split(rank);
        return of(rank, groups.stream().map(group -> group.own(rank)).toList());
    }

    private FactorizedLayer of(int rank, List<ProjectedFit> fits) {
        RankDecision.Split split = split(rank);
        int rows = Math.multiplyExact(layer.groups(), rank);
        int projected = unfolding.projected(layer);
        int width = Math.multiplyExact(rank, unfolding.taps(layer));
        int out = layer.outChannels() / layer.groups();
        float[] first = FloatMatrix.allocate(rows, projected);
        float[] second = FloatMatrix.allocate(layer.outChannels(), width);
        float[] shift = new float[layer.outChannels()];
        double missing = 0;
        for (int g = 0; g < groups.size(); g++) {
            GroupFit group = groups.get(g);
            group.write(fits.get(g), rank, first, g * rank * projected, second, g * out * width, shift, g * out);
            missing += group.missing(rank, fits.get(g));
        }
        return new FactorizedLayer(layer, split, first, second, Optional.of(shift), relative(missing));
    }

    private double relative(double missing) {
        double energy = groups.stream().mapToDouble(GroupFit::energy).sum();
        return energy == 0 ? 0 : Math.sqrt(missing / energy);
    }
}
