package dev.wsvd.pipeline;

import dev.wsvd.cost.CostModel;
import dev.wsvd.domain.CompressionRatio;
import dev.wsvd.domain.Cost;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Evaluation;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.ParetoPoint;
import dev.wsvd.domain.RankPlan;
import dev.wsvd.domain.ScoreTable;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import dev.wsvd.selection.BudgetSelectionParameters;
import dev.wsvd.selection.BudgetSelector;
import dev.wsvd.selection.CostLimits;
import dev.wsvd.selection.DropSearch;
import dev.wsvd.selection.LayerOptions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/** From layers to a plan within limits on the cost, or on the drop of the score, by predicted losses. */
final class BudgetChooser<M> {
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
        // First, so that data that does not fit is refused before the work begins.
        ScoreTable scores = scores(budget);
        List<LayerOptions> options = new BudgetOptions<>(run).of(metrics(budget));
        Optional<CostLimits> limits = budget.limits(run.metric(), before);
        RankPlan plan = budget.maxDrop().isPresent()
                ? smallest(
                        options,
                        limits,
                        scores.baseline().orElseThrow(),
                        budget.maxDrop().getAsDouble())
                : select(options, limits.orElseThrow());
        return new Selection(plan, scores, run.scoring().identity());
    }

    private ScoreTable scores(BudgetSelectionParameters budget) {
        if (!run.scoring().possible()) {
            return ScoreTable.empty();
        }
        run.scoring().expect(budget.maxDrop().isPresent() ? 1 + DropSearch.MOST_TRIALS : 1);
        return ScoreTable.empty().withBaseline(run.baseline().score());
    }

    private RankPlan smallest(
            List<LayerOptions> options, Optional<CostLimits> limits, double baseline, double maxDrop) {
        RankPlan plan = new DropChooser<>(run, options, limits, this::evaluated).smallest(baseline, maxDrop);
        run.scoring().expect(0);
        return plan;
    }

    private Evaluation evaluated(RankPlan plan, String name) {
        Evaluation made = run.scoring().evaluate(run.model(), factored(plan), "the plan for " + name);
        run.scoring().tell(name, made);
        return made;
    }

    /**
     * The plans of least loss for some ratios, each scored if anything can be.
     *
     * @return the original first, then a point per ratio that can be reached
     */
    List<ParetoPoint> pareto(List<CompressionRatio> ratios) {
        run.requireCost();
        Cost before = CostModel.of(run.layers());
        List<ParetoPoint> points = new ArrayList<>();
        Scoring<M> scoring = run.scoring();
        scoring.expect(1 + ratios.size());
        Optional<Evaluation> baseline = scoring.possible() ? Optional.of(run.baseline()) : Optional.empty();
        points.add(new ParetoPoint(new CompressionRatio(1, 1), new RankPlan(Map.of()), before, baseline));
        List<LayerOptions> options = new BudgetOptions<>(run).of(EnumSet.of(run.metric()));
        for (int i = 0; i < ratios.size(); i++) {
            CompressionRatio ratio = ratios.get(i);
            RankPlan plan;
            try {
                plan = select(options, CostLimits.of(run.metric(), ratio, before));
            } catch (UnreachableTargetException e) {
                run.progress().notice(e.getMessage());
                scoring.expect(ratios.size() - 1 - i);
                continue;
            }
            Optional<Evaluation> made = scoring.possible()
                    ? Optional.of(evaluated(plan, String.format(Locale.ROOT, "ratio %.3f", ratio.toDouble())))
                    : Optional.empty();
            points.add(new ParetoPoint(ratio, plan, CostModel.of(run.layers(), plan), made));
        }
        scoring.finish();
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

    private List<FactorizedLayer> factored(RankPlan plan) {
        Map<LayerId, Layer> byId = Layers.byId(run.layers());
        return correction.apply(plan.splits().entrySet().stream()
                .map(entry -> run.stopwatch()
                        .time(Stage.DECOMPOSE, () -> run.factors().refined(byId.get(entry.getKey()), entry.getValue())))
                .toList());
    }
}
