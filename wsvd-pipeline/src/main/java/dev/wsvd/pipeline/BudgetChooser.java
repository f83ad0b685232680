package dev.wsvd.pipeline;

import dev.wsvd.cost.CostModel;
import dev.wsvd.domain.CompressionRatio;
import dev.wsvd.domain.ConfidenceInterval;
import dev.wsvd.domain.Cost;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.RankPlan;
import dev.wsvd.domain.ScoreTable;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import dev.wsvd.selection.BudgetSelectionParameters;
import dev.wsvd.selection.BudgetSelector;
import dev.wsvd.selection.CostLimits;
import dev.wsvd.selection.LayerOptions;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.UnaryOperator;

/** From layers to a plan within limits on the cost, or on the drop of the score, by predicted losses. */
final class BudgetChooser<M> {
    /** Evaluations for a largest drop of the score, besides the original's. */
    private static final int DROP_EVALUATIONS = 9;

    private final RunContext<M> run;
    private final UnaryOperator<List<FactorizedLayer>> correction;

    /** @param correction what is done to all splits of a plan before it is scored */
    BudgetChooser(RunContext<M> run, UnaryOperator<List<FactorizedLayer>> correction) {
        this.run = run;
        this.correction = correction;
    }

    Selection choose(BudgetSelectionParameters budget) {
        Cost before = CostModel.of(run.layers());
        run.requireCost();
        if (budget.maxDrop().isPresent() && !run.scoring().possible()) {
            throw new InvalidInputException(
                    "A largest drop of the score needs scores, and there is no evaluator. Maybe give data to evaluate on.");
        }
        List<LayerOptions> options = new BudgetOptions<>(run).of(metrics(budget));
        Optional<CostLimits> limits = budget.limits(run.metric(), before);
        if (budget.maxDrop().isPresent()) {
            return smallest(options, limits, budget.maxDrop().getAsDouble(), before);
        }
        RankPlan plan = select(options, limits.orElseThrow());
        ScoreTable scores =
                run.scoring().possible() ? ScoreTable.empty().withBaseline(run.baseline()) : ScoreTable.empty();
        return new Selection(plan, scores, run.scoring().identity());
    }

    /**
     * The plans of least loss for some ratios, each scored if anything can be.
     *
     * @return the original first, then a point per ratio that can be reached
     */
    List<ParetoPoint> pareto(List<CompressionRatio> ratios) {
        run.requireCost();
        Cost before = CostModel.of(run.layers());
        List<LayerOptions> options = new BudgetOptions<>(run).of(EnumSet.of(run.metric()));
        List<ParetoPoint> points = new ArrayList<>();
        Scoring<M> scoring = run.scoring();
        run.progress().started(Stage.EVALUATE, ratios.size() + 1);
        OptionalDouble baseline = scoring.possible()
                ? OptionalDouble.of(scoring.original(run.model().model()))
                : OptionalDouble.empty();
        points.add(new ParetoPoint(
                new CompressionRatio(1, 1), new RankPlan(Map.of()), before, baseline, scoring.interval()));
        for (CompressionRatio ratio : ratios) {
            RankPlan plan;
            try {
                plan = select(options, CostLimits.of(run.metric(), ratio, before));
            } catch (UnreachableTargetException e) {
                run.progress().notice(e.getMessage());
                continue;
            }
            OptionalDouble score = scoring.possible()
                    ? OptionalDouble.of(scoring.score(run.model(), factored(plan), "the plan for ratio " + ratio))
                    : OptionalDouble.empty();
            points.add(new ParetoPoint(ratio, plan, CostModel.of(run.layers(), plan), score, scoring.interval()));
            run.progress()
                    .advanced(
                            Stage.EVALUATE,
                            points.size(),
                            ratios.size() + 1,
                            String.format(Locale.ROOT, "ratio %.3f", ratio.toDouble()),
                            score);
        }
        run.progress().finished(Stage.EVALUATE);
        return points;
    }

    private RankPlan select(List<LayerOptions> options, CostLimits limits) {
        return run.stopwatch().time(Stage.SELECT, () -> BudgetSelector.select(options, limits));
    }

    private Set<CostMetric> metrics(BudgetSelectionParameters budget) {
        Set<CostMetric> limited = EnumSet.noneOf(CostMetric.class);
        if (budget.target().isPresent() || budget.maxDrop().isPresent()) {
            limited.add(run.metric());
        }
        if (budget.maxMacs().isPresent()) {
            limited.add(CostMetric.MAC);
        }
        if (budget.maxParams().isPresent()) {
            limited.add(CostMetric.MEMORY);
        }
        return limited;
    }

    /** Bisects the ratio, on a logarithmic scale, between what the model costs and what the cheapest options cost. */
    private Selection smallest(List<LayerOptions> options, Optional<CostLimits> limits, double maxDrop, Cost before) {
        run.progress().started(Stage.EVALUATE, DROP_EVALUATIONS + 1);
        double baseline = run.scoring().original(run.model().model());
        run.progress().advanced(Stage.EVALUATE, 1, DROP_EVALUATIONS + 1, "original", OptionalDouble.of(baseline));
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
            CostLimits within = CostLimits.of(run.metric(), rounded, before);
            CostLimits both = limits.map(l -> l.and(run.metric(), within.most().get(run.metric())))
                    .orElse(within);
            RankPlan plan;
            try {
                plan = select(options, both);
            } catch (UnreachableTargetException e) {
                unreachable = e;
                low = ratio;
                continue;
            }
            double score = run.scoring().score(run.model(), factored(plan), "the plan for ratio " + ratio);
            run.progress()
                    .advanced(
                            Stage.EVALUATE,
                            i + 2,
                            DROP_EVALUATIONS + 1,
                            String.format(Locale.ROOT, "ratio %.3f", ratio),
                            OptionalDouble.of(score));
            bestScoreSeen = Math.max(bestScoreSeen, score);
            if (score >= baseline - maxDrop) {
                best = plan;
                drop = run.scoring().drop();
                high = ratio;
            } else {
                low = ratio;
            }
        }
        run.progress().finished(Stage.EVALUATE);
        if (best == null && Double.isInfinite(bestScoreSeen) && unreachable != null) {
            throw unreachable;
        }
        if (best == null) {
            throw new UnreachableTargetException("No plan that was tried keeps the score within " + maxDrop + " of "
                    + baseline + "; the best scored " + bestScoreSeen + ". Maybe allow a larger drop.");
        }
        drop.filter(interval -> maxDrop < interval.halfWidth()).ifPresent(interval -> noticeNoise(maxDrop, interval));
        return new Selection(
                best, ScoreTable.empty().withBaseline(baseline), run.scoring().identity());
    }

    private void noticeNoise(double maxDrop, ConfidenceInterval drop) {
        run.progress()
                .notice(String.format(
                        Locale.ROOT,
                        "The drop allowed, %s, is less than the samples can tell apart: the real drop of the model chosen is"
                                + " %.4f … %.4f (95 %%). Maybe score on more samples.",
                        maxDrop,
                        drop.low(),
                        drop.high()));
    }

    private double smallestRatio(List<LayerOptions> options) {
        try {
            BudgetSelector.select(options, new CostLimits(Map.of(run.metric(), 1L)));
            return 1e-6;
        } catch (UnreachableTargetException e) {
            return Math.min(1, e.smallestRatio());
        }
    }

    private List<FactorizedLayer> factored(RankPlan plan) {
        Map<LayerId, Layer> byId = Layers.byId(run.layers());
        return correction.apply(plan.splits().entrySet().stream()
                .map(entry -> run.stopwatch()
                        .time(Stage.DECOMPOSE, () -> run.factors().refined(byId.get(entry.getKey()), entry.getValue())))
                .toList());
    }
}
