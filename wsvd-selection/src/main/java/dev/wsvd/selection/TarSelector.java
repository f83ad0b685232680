package dev.wsvd.selection;

import dev.wsvd.domain.cost.CompressionRatio;
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
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToDoubleBiFunction;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

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
public final class TarSelector implements Selector {
    private final TarSelectionParameters parameters;

    public TarSelector(TarSelectionParameters parameters) {
        this.parameters = Objects.requireNonNull(parameters, "parameters");
    }

    @Override
    public String id() {
        return "tar";
    }

    @Override
    public Optional<CompressionRatio> target() {
        return parameters.target();
    }

    @Override
    public Plan select(SelectionProblem problem) {
        if (parameters.target().isPresent()) {
            problem.requireCost();
        }
        if (!problem.canScore()) {
            throw new InvalidInputException(
                    "TAR selection scores whole networks, and there is no evaluator. Maybe give data to evaluate on.");
        }
        // The largest is decomposed for, a multiple or not; of several ranks a multiple may have a larger one.
        Map<Site, List<Option>> options = new LinkedHashMap<>();
        problem.sites().forEach(site -> {
            List<Option> all = new ArrayList<>(problem.series(site));
            all.addAll(problem.multiples(site));
            options.put(site, all);
        });
        ToDoubleBiFunction<Site, Option> errors = problem.errors(options);
        Search search = new Search(problem, errors, parameters);
        Map<Plan, String> plans = new LinkedHashMap<>();
        search.plansToEvaluate().forEach(plan -> plans.put(plan, "plan " + (plans.size() + 1)));
        problem.expect(1 + plans.size(), 0);
        OptionalDouble baseline = OptionalDouble.of(problem.baseline().score());
        Map<Plan, Evaluation> scores = problem.quickScores(plans);
        return search.select(baseline, plan -> scores.get(plan).score()).plan();
    }

    /** The search on one problem. */
    static final class Search {
        private final List<Site> sites;
        private final Metric metric;
        private final TarSelectionParameters parameters;
        private final Map<LayerId, List<Residual>> options = new LinkedHashMap<>();
        private final long before;
        private final ToLongFunction<Plan> cost;

        /** An option a site may take. */
        private record Residual(Option option, double residual) {}

        /**
         * @param residuals tar of an option, never rising with its cost (see {@link dev.wsvd.domain.plan.Factors#error})
         * @throws InvalidInputException if a residual is NaN
         */
        Search(
                SelectionProblem problem,
                ToDoubleBiFunction<Site, Option> residuals,
                TarSelectionParameters parameters) {
            this.sites = problem.sites();
            this.metric = problem.metric();
            this.parameters = parameters;
            this.cost = plan -> problem.cost(plan).of(metric);
            this.before = cost.applyAsLong(Plan.NONE);
            for (Site site : sites) {
                options.put(
                        site.id(),
                        problem.multiples(site).stream()
                                .map(option -> new Residual(option, residual(site, option, residuals)))
                                .toList());
            }
        }

        private static double residual(Site site, Option option, ToDoubleBiFunction<Site, Option> residuals) {
            double residual = residuals.applyAsDouble(site, option);
            if (Double.isNaN(residual)) {
                throw new InvalidInputException("The residual of layer '" + site.id() + "', " + option.name()
                        + " is NaN; residuals must be numbers.");
            }
            return residual;
        }

        /**
         * Every layer at the option whose residual is nearest to a common one.
         *
         * @param residual 0 … 1; index i of n stands for i/n
         * @return a decision for every layer, in the order given
         */
        Plan plan(double residual) {
            Map<LayerId, Decision> decisions = new LinkedHashMap<>();
            for (Site site : sites) {
                decisions.put(site.id(), decision(site, residual));
            }
            return new Plan(decisions);
        }

        private Decision decision(Site site, double residual) {
            Residual nearest = null;
            for (Residual option : options.get(site.id())) {
                if (nearest == null || Math.abs(option.residual - residual) <= Math.abs(nearest.residual - residual)) {
                    nearest = option;
                }
            }
            return nearest == null
                    ? KeepReason.NO_RANK_SAVES.decision(site)
                    : new Decision.Change(nearest.option.choice());
        }

        /** The distinct plans that {@link #select} will evaluate, in order. */
        List<Plan> plansToEvaluate() {
            List<Plan> plans = new ArrayList<>();
            for (int i = 1; i <= parameters.indices(); i++) {
                Plan plan = plan(residual(i));
                if (meets(plan) && !plans.contains(plan)) {
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
        TarSelection select(OptionalDouble baseline, ToDoubleFunction<Plan> evaluate) {
            if (parameters.target().isEmpty()) {
                requireBaseline(baseline);
            }
            Map<Plan, Double> scores = new LinkedHashMap<>();
            for (Plan plan : plansToEvaluate()) {
                double score = evaluate.applyAsDouble(plan);
                if (Double.isNaN(score)) {
                    throw new InvalidInputException("An evaluation gave NaN; scores must be numbers.");
                }
                scores.put(plan, score);
            }
            List<TarSelection.Trial> trials = new ArrayList<>();
            for (int i = 1; i <= parameters.indices(); i++) {
                Plan plan = plan(residual(i));
                Double score = scores.get(plan);
                trials.add(new TarSelection.Trial(
                        i, plan, ratio(plan), score == null ? OptionalDouble.empty() : OptionalDouble.of(score)));
            }
            return new TarSelection(
                    parameters.target().isPresent()
                            ? best(parameters.target().get(), trials)
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

        private Plan best(CompressionRatio target, List<TarSelection.Trial> trials) {
            TarSelection.Trial best = trials.stream()
                    .filter(trial -> trial.score().isPresent())
                    .max(Comparator.<TarSelection.Trial>comparingDouble(
                                    trial -> trial.score().getAsDouble())
                            .thenComparing(Comparator.comparingInt(TarSelection.Trial::index)
                                    .reversed()))
                    .orElseThrow(() -> new CostBudget(metric, target, before)
                            .unreachable(trials.stream()
                                    .mapToLong(trial -> cost.applyAsLong(trial.plan()))
                                    .min()
                                    .orElse(before)));
            return leastResidual(target, residual(best.index() - 1), residual(best.index()));
        }

        /** The cost never rises with the residual: bisects down to neighbouring doubles, unless the lower end fits already. */
        private Plan leastResidual(CompressionRatio target, double missing, double meeting) {
            Plan lower = plan(missing);
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

        private static Plan balanced(double baseline, List<TarSelection.Trial> trials) {
            return trials.stream()
                    .min(Comparator.comparingDouble(
                            trial -> (baseline - trial.score().getAsDouble()) / Math.abs(baseline) + trial.ratio()))
                    .orElseThrow()
                    .plan();
        }

        private double residual(int index) {
            return (double) index / parameters.indices();
        }

        private boolean meets(Plan plan) {
            return parameters.target().isEmpty() || meets(parameters.target().get(), plan);
        }

        private boolean meets(CompressionRatio target, Plan plan) {
            return new CostBudget(metric, target, before).admits(cost.applyAsLong(plan));
        }

        private double ratio(Plan plan) {
            return CostBudget.ratio(cost.applyAsLong(plan), before);
        }
    }
}
