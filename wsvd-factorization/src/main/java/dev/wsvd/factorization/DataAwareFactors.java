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
    private final List<FittedGroup> groups;

    DataAwareFactors(Layer layer, Unfolding unfolding, int maxRank, List<FittedGroup> groups) {
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
        return relative(
                groups.stream().mapToDouble(g -> g.missing(rank)).sum(),
                groups.stream().mapToDouble(FittedGroup::energy).sum());
    }

    @Override
    public Replacement at(Choice choice) {
        return of(choice, false);
    }

    @Override
    public Replacement refined(Choice choice) {
        return of(choice, true);
    }

    private Replacement of(Choice choice, boolean refined) {
        int rank = TwoStages.requireRank(layer, unfolding, maxRank, choice);
        TwoStages stages = TwoStages.of(layer, unfolding, rank);
        int projected = unfolding.projected(layer);
        int width = Math.multiplyExact(rank, unfolding.taps(layer));
        int out = layer.outChannels() / layer.groups();
        float[] correction = new float[layer.outChannels()];
        double missing = 0;
        double energy = 0;
        for (int g = 0; g < groups.size(); g++) {
            FittedGroup group = groups.get(g);
            missing += group.write(
                    refined,
                    new FittedGroup.Room(
                            rank,
                            stages.first(),
                            g * rank * projected,
                            stages.second(),
                            g * out * width,
                            correction,
                            g * out));
            energy += group.energy();
        }
        return stages.replacement(Optional.of(correction), relative(missing, energy));
    }

    /** √ of what is missed, of all there is. */
    static double relative(double missing, double energy) {
        return energy == 0 ? 0 : Math.sqrt(missing / energy);
    }
}
