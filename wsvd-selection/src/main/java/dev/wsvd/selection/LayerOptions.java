package dev.wsvd.selection;

import dev.wsvd.cost.CostModel;
import dev.wsvd.domain.Cost;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.RankDecision;
import dev.wsvd.domain.RankDecision.Split;
import dev.wsvd.domain.Unfolding;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What could be done to one layer, with what it costs and what it loses.
 *
 * @param options staying dense first, then splits by rising loss
 */
public record LayerOptions(Layer layer, List<Option> options) {
    private static final int MOST_OPTIONS = 200;

    /** @param loss at least 0; 0 for staying dense */
    public record Option(RankDecision decision, Cost cost, double loss) {}

    public LayerOptions {
        options = List.copyOf(options);
    }

    /** A layer that stays dense. */
    public static LayerOptions dense(Layer layer, boolean ignored) {
        DenseReason reason = ignored ? DenseReason.IGNORED : DenseReason.NO_RANK_SAVES;
        return new LayerOptions(layer, List.of(new Option(reason.decision(layer), CostModel.dense(layer), 0)));
    }

    /**
     * The splits that are to be weighed: every rank that saves in one of the metrics and is a multiple, in every unfolding.
     */
    public static List<Split> splits(
            Layer layer, Collection<Unfolding> unfoldings, Collection<CostMetric> metrics, Multiplicity multiplicity) {
        List<Split> splits = new ArrayList<>();
        if (layer.splittable()) {
            for (Unfolding unfolding : unfoldings) {
                int largest = metrics.stream()
                        .mapToInt(metric -> multiplicity.largest(layer, unfolding, metric))
                        .max()
                        .orElse(0);
                for (int rank = multiplicity.value(); rank <= largest; rank += multiplicity.value()) {
                    splits.add(new Split(unfolding, rank));
                }
            }
        }
        return splits;
    }

    /**
     * Staying dense, or one of some splits; those that another beats in cost and loss are left out,
     * and of more than {@value #MOST_OPTIONS} an even choice is kept.
     */
    public static LayerOptions of(Layer layer, List<Split> splits, ToDoubleFunction<Split> loss) {
        if (splits.isEmpty()) {
            return dense(layer, false);
        }
        List<Option> sorted = new ArrayList<>();
        sorted.add(new Option(DenseReason.SELECTED.decision(layer), CostModel.dense(layer), 0));
        splits.stream()
                .map(split -> new Option(split, CostModel.split(layer, split), loss.applyAsDouble(split)))
                .sorted(Comparator.comparingDouble(Option::loss)
                        .thenComparingLong(o -> o.cost().mac())
                        .thenComparingLong(o -> o.cost().memory()))
                .forEach(option -> {
                    if (sorted.stream().noneMatch(better -> costsAtMost(better.cost(), option.cost()))) {
                        sorted.add(option);
                    }
                });
        return new LayerOptions(layer, thinned(sorted));
    }

    /** Of very many options an even choice, the first and the last among them. */
    private static List<Option> thinned(List<Option> options) {
        if (options.size() <= MOST_OPTIONS) {
            return options;
        }
        List<Option> some = new ArrayList<>();
        for (int i = 0; i < MOST_OPTIONS; i++) {
            some.add(options.get((int) ((long) i * (options.size() - 1) / (MOST_OPTIONS - 1))));
        }
        return some;
    }

    private static boolean costsAtMost(Cost a, Cost b) {
        return a.mac() <= b.mac() && a.memory() <= b.memory();
    }
}
