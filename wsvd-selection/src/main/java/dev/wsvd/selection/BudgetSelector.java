package dev.wsvd.selection;

import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.Site;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.spi.SelectionProblem;
import dev.wsvd.domain.spi.Selector;
import dev.wsvd.selection.DropSearch.Trial;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The least predicted loss within limits on the cost ({@link Knapsack}), weighing every rank of every form; or the smallest model
 * that keeps the score ({@link DropSearch}).
 */
public final class BudgetSelector implements Selector {
    /** Few digits: an exact ratio has no room for all of a small double's. Up, so that the smallest stays within reach. */
    private static final MathContext SIX_DIGITS = new MathContext(6, RoundingMode.CEILING);

    private final BudgetSelectionParameters parameters;

    public BudgetSelector(BudgetSelectionParameters parameters) {
        this.parameters = Objects.requireNonNull(parameters, "parameters");
    }

    @Override
    public String id() {
        return "budget";
    }

    @Override
    public Optional<CompressionRatio> target() {
        return parameters.target();
    }

    /** What it aims at. */
    public BudgetSelectionParameters parameters() {
        return parameters;
    }

    @Override
    public boolean weighsForms() {
        return true;
    }

    @Override
    public boolean selectsAgain() {
        return parameters.maxDrop().isEmpty();
    }

    @Override
    public Plan select(SelectionProblem problem) {
        problem.requireCost();
        Set<Metric> known = problem.cost(Plan.NONE).metrics();
        parameters.most().keySet().stream()
                .filter(metric -> !known.contains(metric))
                .findFirst()
                .ifPresent(metric -> {
                    throw new InvalidInputException("No cost model counts '" + metric
                            + "', so that it cannot be limited; known: " + known + ".");
                });
        boolean searching = parameters.maxDrop().isPresent();
        if (searching && !problem.canScore()) {
            throw new InvalidInputException(
                    "A largest drop of the score needs scores, and there is no evaluator. Maybe give data to evaluate on.");
        }
        // First, so that data that does not fit is refused before the work begins.
        if (problem.canScore()) {
            problem.expect(1, searching ? DropSearch.USUAL_TRIALS : 0);
            problem.baseline();
        }
        List<SiteOptions> sites = weighed(problem, metrics(problem));
        Optional<CostLimits> limits = parameters.limits(problem.metric(), problem.cost(Plan.NONE));
        if (!searching) {
            return ordered(problem, Knapsack.select(sites, limits.orElseThrow()));
        }
        Plan plan = new SmallestPlan(problem, sites, limits)
                .keeping(parameters.maxDrop().getAsDouble());
        problem.expect(0, 0);
        return ordered(problem, plan);
    }

    /** The decisions in the order of the sites. */
    private static Plan ordered(SelectionProblem problem, Plan plan) {
        Map<LayerId, Decision> decisions = new LinkedHashMap<>();
        problem.sites().forEach(site -> decisions.put(site.id(), plan.decision(site.id())));
        return new Plan(decisions);
    }

    private Set<Metric> metrics(SelectionProblem problem) {
        Set<Metric> limited = new LinkedHashSet<>(parameters.most().keySet());
        if (parameters.target().isPresent() || parameters.maxDrop().isPresent()) {
            limited.add(problem.metric());
        }
        return limited;
    }

    /** What could be done at every site, with predicted losses. */
    private static List<SiteOptions> weighed(SelectionProblem problem, Set<Metric> metrics) {
        Map<Site, List<Option>> options = new LinkedHashMap<>();
        problem.sites().forEach(site -> options.put(site, problem.options(site, metrics)));
        return new SharedLayers(problem, metrics, options).weighed(problem.losses(options));
    }

    /** A plan for a ratio of a curve. */
    public record CurvePoint(CompressionRatio ratio, Plan plan) {}

    /**
     * The plans of least predicted loss for some ratios, all from one decomposition per layer.
     *
     * @param made hears of each plan as soon as it is made, in the order of the ratios
     * @param unreachable hears why there is none
     */
    public static void curve(
            SelectionProblem problem,
            Collection<CompressionRatio> ratios,
            Consumer<CurvePoint> made,
            Consumer<UnreachableTargetException> unreachable) {
        List<SiteOptions> sites = weighed(problem, Set.of(problem.metric()));
        Cost before = problem.cost(Plan.NONE);
        for (CompressionRatio ratio : ratios) {
            try {
                made.accept(new CurvePoint(
                        ratio,
                        ordered(problem, Knapsack.select(sites, CostLimits.of(problem.metric(), ratio, before)))));
            } catch (UnreachableTargetException e) {
                unreachable.accept(e);
            }
        }
    }

    /** Looks for the smallest plan by scoring models. */
    private static final class SmallestPlan implements DropSearch.Trials {
        private final SelectionProblem problem;
        private final List<SiteOptions> sites;
        private final Optional<CostLimits> limits;
        private final Cost before;
        private final Map<Plan, Trial> scored = new HashMap<>();

        /** @param limits what the model must keep within besides, if anything */
        SmallestPlan(SelectionProblem problem, List<SiteOptions> sites, Optional<CostLimits> limits) {
            this.problem = problem;
            this.sites = sites;
            this.limits = limits;
            this.before = problem.cost(Plan.NONE);
        }

        /** @throws UnreachableTargetException if no plan keeps within the limits, or none that was tried keeps the score */
        Plan keeping(double maxDrop) {
            double baseline = problem.baseline().score();
            double smallest = ratio(Knapsack.smallest(sites, problem.metric()));
            double largest =
                    limits.map(most -> ratio(Knapsack.select(sites, most))).orElse(1.0);
            DropSearchResult found = largest < 1
                    ? DropSearch.within(baseline, maxDrop, largest, smallest, this)
                    : DropSearch.below(baseline, maxDrop, smallest, this);
            Trial chosen = found.chosen().orElseThrow(() -> DropNotices.unreachable(found));
            DropNotices.of(found, chosen).forEach(problem::notice);
            return chosen.plan();
        }

        @Override
        public void expect(int trials) {
            problem.expect(0, trials);
        }

        @Override
        public Optional<Trial> at(double ratio) {
            CompressionRatio rounded =
                    CompressionRatio.of(BigDecimal.valueOf(Math.min(1, ratio)).round(SIX_DIGITS));
            CostLimits within = CostLimits.of(problem.metric(), rounded, before);
            Plan plan;
            try {
                plan = Knapsack.select(
                        sites, limits.map(most -> most.and(within)).orElse(within));
            } catch (UnreachableTargetException e) {
                return Optional.empty();
            }
            return Optional.of(scored.computeIfAbsent(plan, this::scored));
        }

        private Trial scored(Plan plan) {
            double ratio = ratio(plan);
            Evaluation made = problem.planScore(plan, "ratio " + DropNotices.shown(ratio));
            return new Trial(plan, ratio, made.score(), problem.baseline().dropTo(made));
        }

        private double ratio(Plan plan) {
            return ratio(problem.cost(plan).of(problem.metric()));
        }

        private double ratio(long after) {
            return (double) after / before.of(problem.metric());
        }
    }
}
