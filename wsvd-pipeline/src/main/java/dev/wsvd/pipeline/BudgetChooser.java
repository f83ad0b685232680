package dev.wsvd.pipeline;

import dev.wsvd.cost.CostModel;
import dev.wsvd.domain.CompressionRatio;
import dev.wsvd.domain.CompressionScheme;
import dev.wsvd.domain.ConfidenceInterval;
import dev.wsvd.domain.Cost;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.RankDecision.Split;
import dev.wsvd.domain.RankPlan;
import dev.wsvd.domain.ScoreTable;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import dev.wsvd.selection.BudgetSelectionParameters;
import dev.wsvd.selection.BudgetSelector;
import dev.wsvd.selection.CostLimits;
import dev.wsvd.selection.LayerOptions;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * From layers to a plan by predicted losses: of a split, the share of its layer's output that it misses, weighted by what such
 * errors do to the model's output.
 *
 * <p>That weight is measured once per layer with calibration inputs, on a split that misses about a tenth: the divergence of
 * the model's outputs over the share missed. Without calibration inputs all layers weigh the same.
 */
final class BudgetChooser<M> {
    /** What the split misses that a layer's weight is measured with. */
    private static final double MEASURED_AT = 0.1;
    /** Evaluations for a largest drop of the score, besides the original's. */
    private static final int DROP_EVALUATIONS = 9;

    private final CompressibleModel<M> model;
    private final List<Layer> layers;
    private final CostMetric metric;
    private final WeightSvdParameters parameters;
    private final CompressionScheme scheme;
    private final Scoring<M> scoring;
    private final FactorCache factors;
    private final Calibrated<M> calibrated;
    private final UnaryOperator<List<FactorizedLayer>> correction;
    private final Stopwatch stopwatch;
    private final Progress progress;
    private final Set<LayerId> ignored;

    BudgetChooser(
            CompressibleModel<M> model,
            List<Layer> layers,
            CostMetric metric,
            WeightSvdParameters parameters,
            CompressionScheme scheme,
            Scoring<M> scoring,
            FactorCache factors,
            Calibrated<M> calibrated,
            UnaryOperator<List<FactorizedLayer>> correction,
            Stopwatch stopwatch,
            Progress progress) {
        this.model = model;
        this.layers = layers;
        this.metric = metric;
        this.parameters = parameters;
        this.scheme = scheme;
        this.scoring = scoring;
        this.factors = factors;
        this.calibrated = calibrated;
        this.correction = correction;
        this.stopwatch = stopwatch;
        this.progress = progress;
        this.ignored = LayerGlob.all(parameters.modulesToIgnore(), layers);
    }

    Selection choose(BudgetSelectionParameters budget) {
        Cost before = CostModel.of(layers);
        RankChooser.requireCost(layers, metric);
        if (budget.maxDrop().isPresent() && !scoring.possible()) {
            throw new InvalidInputException(
                    "A largest drop of the score needs scores, and there is no evaluator. Maybe give data to evaluate on.");
        }
        List<LayerOptions> options = options(metrics(budget));
        Optional<CostLimits> limits = budget.limits(metric, before);
        if (budget.maxDrop().isPresent()) {
            return smallest(options, limits, budget.maxDrop().getAsDouble(), before);
        }
        RankPlan plan = stopwatch.time(Stage.SELECT, () -> BudgetSelector.select(options, limits.orElseThrow()));
        ScoreTable scores = scoring.possible() ? ScoreTable.empty().withBaseline(baseline()) : ScoreTable.empty();
        return new Selection(plan, scores, scoring.identity());
    }

    private Set<CostMetric> metrics(BudgetSelectionParameters budget) {
        Set<CostMetric> limited = EnumSet.noneOf(CostMetric.class);
        if (budget.target().isPresent() || budget.maxDrop().isPresent()) {
            limited.add(metric);
        }
        if (budget.maxMacs().isPresent()) {
            limited.add(CostMetric.MAC);
        }
        if (budget.maxParams().isPresent()) {
            limited.add(CostMetric.MEMORY);
        }
        return limited;
    }

    private List<LayerOptions> options(Set<CostMetric> metrics) {
        List<LayerOptions> options = new ArrayList<>();
        progress.started(Stage.DECOMPOSE, layers.size());
        for (Layer layer : layers) {
            options.add(ignored.contains(layer.id()) ? LayerOptions.dense(layer, true) : options(layer, metrics));
            progress.advanced(
                    Stage.DECOMPOSE, options.size(), layers.size(), layer.id().name(), OptionalDouble.empty());
        }
        progress.finished(Stage.DECOMPOSE);
        return options;
    }

    private LayerOptions options(Layer layer, Set<CostMetric> metrics) {
        List<Split> splits = LayerOptions.splits(layer, scheme.unfoldings(), metrics, parameters.multiplicity());
        if (splits.isEmpty()) {
            return LayerOptions.dense(layer, false);
        }
        calibrated.moments(layer.id());
        Map<Unfolding, Integer> largest =
                splits.stream().collect(Collectors.toMap(Split::unfolding, Split::rank, Math::max));
        largest.forEach(
                (unfolding, rank) -> stopwatch.time(Stage.DECOMPOSE, () -> factors.factors(layer, unfolding, rank)));
        double weight = weight(layer, splits);
        return LayerOptions.of(layer, splits, split -> weight * missing(layer, split));
    }

    /** The share of the layer's output that a split misses. */
    private double missing(Layer layer, Split split) {
        double error = factors.factors(layer, split.unfolding(), split.rank()).error(split.rank());
        return error * error;
    }

    private double weight(Layer layer, List<Split> splits) {
        if (!calibrated.possible()) {
            return 1;
        }
        Split measured = splits.stream()
                .filter(split -> missing(layer, split) > 0)
                .min(Comparator.comparingDouble(split -> Math.abs(Math.log(missing(layer, split) / MEASURED_AT))))
                .orElse(null);
        if (measured == null) {
            return 1;
        }
        double divergence = calibrated.divergence(List.of(factors.at(layer, measured)));
        return Double.isFinite(divergence) ? Math.max(0, divergence) / missing(layer, measured) : 1;
    }

    private double baseline() {
        progress.started(Stage.EVALUATE, 1);
        double score = scoring.original(model.model());
        progress.advanced(Stage.EVALUATE, 1, 1, "original", OptionalDouble.of(score));
        progress.finished(Stage.EVALUATE);
        return score;
    }

    /** Bisects the ratio, on a logarithmic scale, between what the model costs and what the cheapest options cost. */
    private Selection smallest(List<LayerOptions> options, Optional<CostLimits> limits, double maxDrop, Cost before) {
        progress.started(Stage.EVALUATE, DROP_EVALUATIONS + 1);
        double baseline = scoring.original(model.model());
        progress.advanced(Stage.EVALUATE, 1, DROP_EVALUATIONS + 1, "original", OptionalDouble.of(baseline));
        double high = 1;
        double low = smallestRatio(options);
        RankPlan best = null;
        Optional<ConfidenceInterval> drop = Optional.empty();
        UnreachableTargetException unreachable = null;
        double bestScoreSeen = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < DROP_EVALUATIONS; i++) {
            double ratio = Math.sqrt(low * high);
            // Few digits: an exact ratio has no room for all of a small double's.
            CompressionRatio rounded =
                    CompressionRatio.of(BigDecimal.valueOf(ratio).round(new MathContext(6)));
            CostLimits within = CostLimits.of(metric, rounded, before);
            CostLimits both =
                    limits.map(l -> l.and(metric, within.most().get(metric))).orElse(within);
            RankPlan plan;
            try {
                plan = stopwatch.time(Stage.SELECT, () -> BudgetSelector.select(options, both));
            } catch (UnreachableTargetException e) {
                unreachable = e;
                low = ratio;
                continue;
            }
            double score = scoring.score(model, factored(plan), "the plan for ratio " + ratio);
            progress.advanced(
                    Stage.EVALUATE,
                    i + 2,
                    DROP_EVALUATIONS + 1,
                    String.format(Locale.ROOT, "ratio %.3f", ratio),
                    OptionalDouble.of(score));
            bestScoreSeen = Math.max(bestScoreSeen, score);
            if (score >= baseline - maxDrop) {
                best = plan;
                drop = scoring.drop();
                high = ratio;
            } else {
                low = ratio;
            }
        }
        progress.finished(Stage.EVALUATE);
        if (best == null && Double.isInfinite(bestScoreSeen) && unreachable != null) {
            throw unreachable;
        }
        if (best == null) {
            throw new UnreachableTargetException("No plan that was tried keeps the score within " + maxDrop + " of "
                    + baseline + "; the best scored " + bestScoreSeen + ". Maybe allow a larger drop.");
        }
        drop.filter(interval -> maxDrop < interval.halfWidth()).ifPresent(interval -> noticeNoise(maxDrop, interval));
        return new Selection(best, ScoreTable.empty().withBaseline(baseline), scoring.identity());
    }

    private void noticeNoise(double maxDrop, ConfidenceInterval drop) {
        progress.notice(String.format(
                Locale.ROOT,
                "The drop allowed, %s, is less than the samples can tell apart: the real drop of the model chosen is"
                        + " %.4f … %.4f (95 %%). Maybe score on more samples.",
                maxDrop,
                drop.low(),
                drop.high()));
    }

    private double smallestRatio(List<LayerOptions> options) {
        try {
            BudgetSelector.select(options, new CostLimits(Map.of(metric, 1L)));
            return 1e-6;
        } catch (UnreachableTargetException e) {
            return Math.min(1, e.smallestRatio());
        }
    }

    private List<FactorizedLayer> factored(RankPlan plan) {
        Map<LayerId, Layer> byId = Layers.byId(layers);
        return correction.apply(plan.splits().entrySet().stream()
                .map(entry -> factors.refined(byId.get(entry.getKey()), entry.getValue()))
                .toList());
    }
}
