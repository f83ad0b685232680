package dev.wsvd.selection;

import dev.wsvd.cost.CostModel;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.RankDecision;
import dev.wsvd.domain.RankPlan;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.error.InvalidInputException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * The user's word: the layers named are split as said, every other layer stays dense.
 *
 * <p>Ranks are rounded by the multiplicity, so a layer's cost may end a little above the ratio asked for it, never at or
 * above what it cost before.
 */
public final class ManualSelection {
    private final CostMetric metric;
    private final Unfolding unfolding;
    private final Multiplicity multiplicity;

    public ManualSelection(CostMetric metric, Unfolding unfolding, Multiplicity multiplicity) {
        this.metric = Objects.requireNonNull(metric, "metric");
        this.unfolding = Objects.requireNonNull(unfolding, "unfolding");
        this.multiplicity = Objects.requireNonNull(multiplicity, "multiplicity");
    }

    /**
     * The plan that does what was asked.
     *
     * @param layers every layer of the model
     * @param choices by layer
     * @return a decision for every layer, in the order given
     * @throws InvalidInputException if a name is unknown (near names are listed), a layer cannot be split, no rank meets the
     *     ratio, or a rank is too large to save anything
     */
    public RankPlan plan(List<? extends Layer> layers, Map<LayerId, ManualChoice> choices) {
        List<LayerId> known = layers.stream().<LayerId>map(Layer::id).toList();
        for (LayerId id : choices.keySet()) {
            if (!known.contains(id)) {
                throw UnknownLayer.named(id, known);
            }
        }
        Map<LayerId, RankDecision> decisions = new LinkedHashMap<>();
        for (Layer layer : layers) {
            ManualChoice choice = choices.get(layer.id());
            decisions.put(layer.id(), choice == null ? DenseReason.NOT_CHOSEN.decision(layer) : split(layer, choice));
        }
        return new RankPlan(decisions);
    }

    private RankDecision.Split split(Layer layer, ManualChoice choice) {
        if (layer.obstacle().isPresent()) {
            throw new InvalidInputException("Layer '" + layer.id() + "' cannot be split: "
                    + layer.obstacle().get() + ".");
        }
        int largest = multiplicity.largest(layer, unfolding, metric);
        if (largest == 0) {
            throw new InvalidInputException("Layer '" + layer.id() + "' (" + layer.weight() + ") has no " + unfolding
                    + " rank that " + multipleOf() + "lowers its " + metric + " cost.");
        }
        int wanted = choice instanceof ManualChoice.ToRatio toRatio
                ? rankFor(layer, toRatio)
                : allowed(layer, ((ManualChoice.ToRank) choice).rank());
        return new RankDecision.Split(unfolding, multiplicity.round(layer, unfolding, wanted, metric));
    }

    private int rankFor(Layer layer, ManualChoice.ToRatio choice) {
        return CostModel.rankFor(layer, unfolding, choice.ratio(), metric).orElseThrow(() -> {
            double smallest = (double) CostModel.split(layer, new RankDecision.Split(unfolding, 1))
                            .of(metric)
                    / CostModel.dense(layer).of(metric);
            return new InvalidInputException("No " + unfolding + " rank brings layer '" + layer.id() + "' ("
                    + layer.weight() + ") to a " + metric + " ratio of " + choice.ratio() + ": rank 1 has "
                    + String.format(Locale.ROOT, "%.4f", Math.ceil(smallest * 1e4) / 1e4) + ".");
        });
    }

    private int allowed(Layer layer, int rank) {
        int largest = CostModel.maxSavingRank(layer, unfolding, metric);
        if (rank > largest) {
            throw new InvalidInputException("Rank " + rank + " does not lower the " + metric + " cost of layer '"
                    + layer.id() + "' (" + layer.weight() + ") with the " + unfolding + " unfolding; allowed: 1 … "
                    + largest + ".");
        }
        return rank;
    }

    private String multipleOf() {
        return multiplicity.value() == 1 ? "" : "is a multiple of " + multiplicity.value() + " and ";
    }
}
