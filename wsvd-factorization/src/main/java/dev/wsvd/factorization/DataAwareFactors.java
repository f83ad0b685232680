package dev.wsvd.factorization;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Replacement;
import java.util.List;
import java.util.Optional;

/** Factors that keep a layer's outputs on the inputs it really sees, and move its bias so that the mean output stays. */
final class DataAwareFactors implements Factors {
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
    public boolean covers(Choice choice) {
        return choice.isWithin(Choice.of(unfolding.id(), maxRank));
    }

    @Override
    public double error(Choice choice) {
        int rank = choice.rank();
        return relative(groups.stream().mapToDouble(g -> g.missing(rank)).sum());
    }

    @Override
    public Replacement at(Choice choice) {
        int rank = TwoStages.requireRank(layer, unfolding, maxRank, choice);
        return of(rank, groups.stream().map(GroupFit::nested).toList());
    }

    @Override
    public Replacement refined(Choice choice) {
        int rank = TwoStages.requireRank(layer, unfolding, maxRank, choice);
        return of(rank, groups.stream().map(group -> group.own(rank)).toList());
    }

    private Replacement of(int rank, List<ProjectedFit> fits) {
        TwoStages stages = TwoStages.of(layer, unfolding, rank);
        int projected = unfolding.projected(layer);
        int width = Math.multiplyExact(rank, unfolding.taps(layer));
        int out = layer.outChannels() / layer.groups();
        float[] correction = new float[layer.outChannels()];
        double missing = 0;
        for (int g = 0; g < groups.size(); g++) {
            GroupFit group = groups.get(g);
            group.write(
                    fits.get(g),
                    rank,
                    stages.first(),
                    g * rank * projected,
                    stages.second(),
                    g * out * width,
                    correction,
                    g * out);
            missing += group.missing(rank, fits.get(g));
        }
        return stages.replacement(Optional.of(correction), relative(missing));
    }

    private double relative(double missing) {
        double energy = groups.stream().mapToDouble(GroupFit::energy).sum();
        return energy == 0 ? 0 : Math.sqrt(missing / energy);
    }
}
