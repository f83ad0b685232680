package dev.wsvd.pipeline;

import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.RankDecision.Split;
import dev.wsvd.selection.LayerOptions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What could be done to each layer, with predicted losses: of a split, the share of its layer's output that it misses, weighted
 * by the layer's {@linkplain Sensitivities sensitivity}.
 */
final class BudgetOptions<M> {
    private final RunContext<M> run;
    private final Set<LayerId> ignored;

    BudgetOptions(RunContext<M> run) {
        this.run = run;
        this.ignored = run.ignored();
    }

    /**
     * The options of every layer.
     *
     * @param metrics those in one of which a split must save
     */
    List<LayerOptions> of(Set<CostMetric> metrics) {
        Map<Layer, List<Split>> splits = new LinkedHashMap<>();
        run.layers().forEach(layer -> splits.put(layer, splits(layer, metrics)));
        Map<Layer, Double> sensitivities = new Sensitivities<>(run, this::missing).of(splits);
        return run.layers().stream()
                .map(layer -> ignored.contains(layer.id())
                        ? LayerOptions.dense(layer, true)
                        : LayerOptions.of(
                                layer, splits.get(layer), split -> sensitivities.get(layer) * missing(layer, split)))
                .toList();
    }

    private List<Split> splits(Layer layer, Set<CostMetric> metrics) {
        return ignored.contains(layer.id())
                ? List.of()
                : LayerOptions.splits(
                        layer,
                        run.scheme().unfoldings(),
                        metrics,
                        run.parameters().multiplicity());
    }

    /** The share of the layer's output that a split misses. */
    private double missing(Layer layer, Split split) {
        double error =
                run.factors().factors(layer, split.unfolding(), split.rank()).error(split.rank());
        return error * error;
    }
}
