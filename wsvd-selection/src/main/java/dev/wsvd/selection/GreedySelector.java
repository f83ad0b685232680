package dev.wsvd.selection;

import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.Site;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.score.ScoreRecord;
import dev.wsvd.domain.score.ScoreTable;
import dev.wsvd.domain.score.WantedScores;
import dev.wsvd.domain.spi.SelectionProblem;
import dev.wsvd.domain.spi.Selector;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToLongFunction;

/**
 * Greedy selection, AIMET's default: one score level for all layers, as high as the target allows.
 *
 * <p>At a level s each layer takes, scanning from its least compressed option, the last one before the first whose score
 * falls below s; it stays dense if already the least compressed is below. The highest level whose model meets the target is
 * found exactly. What is left of the budget is then spent on moving layers to their next less compressed option, best gain
 * in score per cost first, as long as one fits; no layer's score falls below the level by that.
 *
 * <p>Only those scores are made that the plan depends on; it is the plan that follows from all of them.
 *
 * <p>Not promised: the best score of the whole network, which nobody measured; the scores are of networks with one layer
 * split.
 */
public final class GreedySelector implements Selector {
    private final GreedySelectionParameters parameters;

    public GreedySelector(GreedySelectionParameters parameters) {
        this.parameters = Objects.requireNonNull(parameters, "parameters");
    }

    @Override
    public String id() {
        return "greedy";
    }

    @Override
    public Optional<CompressionRatio> target() {
        return Optional.of(parameters.target());
    }

    /** Scores options of one form, one per candidate ratio and layer; differences within one standard error do not count. */
    @Override
    public Plan select(SelectionProblem problem) {
        problem.requireCost();
        Map<LayerId, Map<Option, CompressionRatio>> candidates = new LinkedHashMap<>();
        for (Site site : problem.sites()) {
            candidates.put(
                    site.id(),
                    CandidateRatios.of(
                            parameters.candidates(),
                            problem.before(site),
                            problem.series(site),
                            problem.multiples(site),
                            problem.metric()));
        }
        Exploration exploration = Exploration.of(problem, candidates, parameters);
        return exploration.plan(problem.scores(candidates, exploration::wanted));
    }

    /** What is known without scores. */
    private record Exploration(
            GreedySelectionParameters parameters,
            List<ScoredSite> layers,
            CostBudget budget,
            ToLongFunction<int[]> cost) {
        /** @throws UnreachableTargetException if the most compressed options cost more than the target */
        static Exploration of(
                SelectionProblem problem,
                Map<LayerId, Map<Option, CompressionRatio>> candidates,
                GreedySelectionParameters parameters) {
            Metric metric = problem.metric();
            List<ScoredSite> layers = problem.sites().stream()
                    .map(site -> ScoredSite.of(
                            site,
                            // Without options nothing of its coupling changes, whose layers count for themselves.
                            candidates.get(site.id()).isEmpty() ? site.cost() : problem.before(site),
                            List.copyOf(candidates.get(site.id()).keySet()),
                            metric))
                    .toList();
            // Cuts that share a layer cost less together than one by one.
            boolean cuts = candidates.values().stream()
                    .flatMap(options -> options.keySet().stream())
                    .anyMatch(Option::isCut);
            ToLongFunction<int[]> cost = cuts
                    ? chosen -> problem.cost(ScoredSite.plan(layers, chosen)).of(metric)
                    : chosen -> ScoredSite.cost(layers, chosen);
            long before = problem.sites().stream()
                    .mapToLong(site -> site.cost().of(metric))
                    .reduce(0, Math::addExact);
            CostBudget budget = new CostBudget(metric, parameters.target(), before);
            long smallest = cost.applyAsLong(new int[layers.size()]);
            if (!budget.admits(before) && !budget.admits(smallest)) {
                throw budget.unreachable(smallest);
            }
            return new Exploration(parameters, layers, budget, cost);
        }

        /** A fit may depend on any score, and so does what a layer gains by staying dense where the original has no score. */
        WantedScores wanted(ScoreRecord known) {
            if (staysDense() && !parameters.allScores()) {
                return WantedScores.none();
            }
            boolean all = parameters.allScores()
                    || parameters.monotonicFit()
                    || known.table().baseline().isEmpty();
            return all
                    ? WantedScores.all(layers.stream()
                            .flatMap(layer -> layer.candidates().stream())
                            .toList())
                    : search(known).wanted();
        }

        private boolean staysDense() {
            return budget.admits(budget.before());
        }

        Plan plan(ScoreRecord scores) {
            return staysDense()
                    ? ScoredSite.plan(
                            layers, layers.stream().mapToInt(ScoredSite::dense).toArray())
                    : search(scores).plan(scores.table().baseline());
        }

        private GreedySearch search(ScoreRecord known) {
            long samples = known.evaluator().map(EvaluatorIdentity::samples).orElse(0L);
            ScoreTable table = NoiseFloor.applied(known.table(), samples);
            if (parameters.monotonicFit()) {
                List<ScoredSite> fitted =
                        layers.stream().map(layer -> layer.with(table).fitted()).toList();
                return new GreedySearch(fitted, budget, cost, OptionalDouble.empty());
            }
            return new GreedySearch(
                    layers.stream().map(layer -> layer.with(table)).toList(),
                    budget,
                    cost,
                    NoiseFloor.holds(known.table(), samples) ? table.baseline() : OptionalDouble.empty());
        }
    }
}
