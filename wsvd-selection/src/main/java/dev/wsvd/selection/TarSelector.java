package dev.wsvd.selection;

import dev.wsvd.cost.CostModel;
import dev.wsvd.domain.CompressionRatio;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.RankDecision;
import dev.wsvd.domain.RankPlan;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.UnreachableTargetException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.function.IntToDoubleFunction;
import java.util.function.ToDoubleFunction;

/**
 * Selection by tensor approximation residual: one residual for all layers, tar(r) = ‖A − A_r‖_F / ‖A‖_F.
 *
 * <p>For index i = 1 … n every layer takes the rank whose residual is nearest to i/n (the larger rank on a tie) among those
 * that save and respect the multiplicity. Whole networks are evaluated, at most one per index, instead of one per layer and
 * candidate.
 *
 * <p>With a target, the best scoring index among those that meet it is taken, the smaller on a tie; if the index before it
 * misses the target, the common residual is then bisected between the two for the least that still meets it. That last plan
 * is not evaluated here. Without a target, the index that minimises (baseline − score) / |baseline| + cost ratio is taken.
 */
public final class TarSelector {
    private final List<Layer> layers;
    private final CostMetric metric;
    private final Unfolding unfolding;
    private final Map<LayerId, IntToDoubleFunction> residuals;
    private final Map<LayerId, List<Option>> options = new HashMap<>();
    private final long before;

    /** A rank a layer may take. */
    private record Option(int rank, double residual) {}

    /**
     * @param layers every layer of the model
     * @param residuals by layer: tar of a rank, never rising with the rank (see
     *     {@link dev.wsvd.domain.factor.LayerFactors#error}); a layer that is absent here stays dense as ignored
     * @throws InvalidInputException if a residual is NaN, or one is given for a layer that is not there
     */
    public TarSelector(
            List<? extends Layer> layers,
            CostMetric metric,
            Unfolding unfolding,
            Multiplicity multiplicity,
            Map<LayerId, IntToDoubleFunction> residuals) {
        this.layers = List.copyOf(layers);
        this.metric = Objects.requireNonNull(metric, "metric");
        this.unfolding = Objects.requireNonNull(unfolding, "unfolding");
        this.residuals = Map.copyOf(residuals);
        this.before = CostModel.of(layers).of(metric);
        List<LayerId> known = layers.stream().<LayerId>map(Layer::id).toList();
        for (LayerId id : residuals.keySet()) {
            if (!known.contains(id)) {
                throw UnknownLayer.named(id, known);
            }
        }
        for (Layer layer : layers) {
            options.put(layer.id(), options(layer, multiplicity));
        }
    }

    private List<Option> options(Layer layer, Multiplicity multiplicity) {
        IntToDoubleFunction residual = residuals.get(layer.id());
        List<Option> found = new ArrayList<>();
        if (residual != null && layer.splittable()) {
            int largest = multiplicity.largest(layer, unfolding, metric);
            for (int rank = multiplicity.value(); rank <= largest; rank += multiplicity.value()) {
                double tar = residual.applyAsDouble(rank);
                if (Double.isNaN(tar)) {
                    throw new InvalidInputException("The residual of layer '" + layer.id() + "', " + unfolding
                            + " rank " + rank + " is NaN; residuals must be numbers.");
                }
                found.add(new Option(rank, tar));
            }
        }
        return found;
    }

    /**
     * Every layer at the rank whose residual is nearest to a common one.
     *
     * @param residual 0 … 1; index i of n stands for i/n
     * @return a decision for every layer, in the order given
     */
    public RankPlan plan(double residual) {
        Map<LayerId, RankDecision> decisions = new LinkedHashMap<>();
        for (Layer layer : layers) {
            decisions.put(layer.id(), decision(layer, residual));
        }
        return new RankPlan(decisions);
    }

    private RankDecision decision(Layer layer, double residual) {
        if (!residuals.containsKey(layer.id())) {
            return DenseReason.IGNORED.decision(layer);
        }
        Option nearest = null;
        for (Option option : options.get(layer.id())) {
            if (nearest == null || Math.abs(option.residual - residual) <= Math.abs(nearest.residual - residual)) {
                nearest = option;
            }
        }
        return nearest == null
                ? DenseReason.NO_RANK_SAVES.decision(layer)
                : new RankDecision.Split(unfolding, nearest.rank);
    }

    /** The distinct plans that {@link #select} will evaluate, in order. */
    public List<RankPlan> plansToEvaluate(TarSelectionParameters parameters) {
        List<RankPlan> plans = new ArrayList<>();
        for (int i = 1; i <= parameters.indices(); i++) {
            RankPlan plan = plan(residual(i, parameters));
            if (meets(parameters, plan) && !plans.contains(plan)) {
                plans.add(plan);
            }
        }
        return plans;
    }

    /**
     * Tries every index and chooses.
     *
     * @param baseline the original's score; needed without a target
     * @param evaluate scores the model a plan gives, higher is better; called once per distinct plan that meets the target
     * @throws UnreachableTargetException if every index costs more than the target
     * @throws InvalidInputException if a score is NaN, or without a target the baseline is missing or 0
     */
    public TarSelection select(
            TarSelectionParameters parameters, OptionalDouble baseline, ToDoubleFunction<RankPlan> evaluate) {
        if (parameters.target().isEmpty()) {
            requireBaseline(baseline);
        }
        Map<RankPlan, Double> scores = new LinkedHashMap<>();
        for (RankPlan plan : plansToEvaluate(parameters)) {
            double score = evaluate.applyAsDouble(plan);
            if (Double.isNaN(score)) {
                throw new InvalidInputException("An evaluation gave NaN; scores must be numbers.");
            }
            scores.put(plan, score);
        }
        List<TarSelection.Trial> trials = new ArrayList<>();
        for (int i = 1; i <= parameters.indices(); i++) {
            RankPlan plan = plan(residual(i, parameters));
            Double score = scores.get(plan);
            trials.add(new TarSelection.Trial(
                    i, plan, ratio(plan), score == null ? OptionalDouble.empty() : OptionalDouble.of(score)));
        }
        return new TarSelection(
                parameters.target().isPresent()
                        ? best(parameters, parameters.target().get(), trials)
                        : balanced(baseline.getAsDouble(), trials),
                trials);
    }

    private static void requireBaseline(OptionalDouble baseline) {
        if (baseline.isEmpty() || baseline.getAsDouble() == 0 || !Double.isFinite(baseline.getAsDouble())) {
            throw new InvalidInputException(
                    "TAR selection without a target weighs the score against the original's, which must be a number other"
                            + " than 0, found "
                            + (baseline.isPresent() ? String.valueOf(baseline.getAsDouble()) : "none")
                            + ". Maybe give a target.");
        }
    }

    private RankPlan best(TarSelectionParameters parameters, CompressionRatio target, List<TarSelection.Trial> trials) {
        TarSelection.Trial best = trials.stream()
                .filter(trial -> trial.score().isPresent())
                .max(Comparator.<TarSelection.Trial>comparingDouble(
                                trial -> trial.score().getAsDouble())
                        .thenComparing(Comparator.comparingInt(TarSelection.Trial::index)
                                .reversed()))
                .orElseThrow(() -> new CostBudget(metric, target, before)
                        .unreachable(trials.stream()
                                .mapToLong(trial -> cost(trial.plan()))
                                .min()
                                .orElse(before)));
        return leastResidual(target, residual(best.index() - 1, parameters), residual(best.index(), parameters));
    }

    /** The cost never rises with the residual: bisects down to neighbouring doubles, unless the lower end fits already. */
    private RankPlan leastResidual(CompressionRatio target, double missing, double meeting) {
        RankPlan lower = plan(missing);
        if (meets(target, lower)) {
            return missing == 0 ? lower : plan(meeting);
        }
        double low = missing;
        double high = meeting;
        double middle = (low + high) / 2;
        while (low < middle && middle < high) {
            if (meets(target, plan(middle))) {
                high = middle;
            } else {
                low = middle;
            }
            middle = (low + high) / 2;
        }
        return plan(high);
    }

    private static RankPlan balanced(double baseline, List<TarSelection.Trial> trials) {
        return trials.stream()
                .min(Comparator.comparingDouble(
                        trial -> (baseline - trial.score().getAsDouble()) / Math.abs(baseline) + trial.ratio()))
                .orElseThrow()
                .plan();
    }

    private static double residual(int index, TarSelectionParameters parameters) {
        return (double) index / parameters.indices();
    }

    private boolean meets(TarSelectionParameters parameters, RankPlan plan) {
        return parameters.target().isEmpty() || meets(parameters.target().get(), plan);
    }

    private boolean meets(CompressionRatio target, RankPlan plan) {
        return new CostBudget(metric, target, before).admits(cost(plan));
    }

    private double ratio(RankPlan plan) {
        return CostBudget.ratio(cost(plan), before);
    }

    private long cost(RankPlan plan) {
        return CostModel.of(layers, plan).of(metric);
    }
}
