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
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.score.ScoreRecord;
import dev.wsvd.domain.score.ScoreTable;
import dev.wsvd.domain.spi.SelectionProblem;
import dev.wsvd.domain.spi.Selector;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;

/**
 * Greedy selection, AIMET's default: one score level for all layers, as high as the target allows.
 *
 * <p>At a level s each layer takes, scanning from its least compressed option, the last one before the first whose score
 * falls below s; it stays dense if already the least compressed is below. The highest level whose model meets the target is
 * found exactly. What is left of the budget is then spent on moving layers to their next less compressed option, best gain
 * in score per cost first, as long as one fits; no layer's score falls below the level by that.
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

    /** Scores one option per candidate ratio and layer, of one form; differences within one standard error do not count. */
    @Override
    public Plan select(SelectionProblem problem) {
        problem.requireCost();
        Metric metric = problem.metric();
        Map<LayerId, Map<Option, CompressionRatio>> candidates = new LinkedHashMap<>();
        for (Site site : problem.sites()) {
            candidates.put(
                    site.id(),
                    CandidateRatios.of(
                            parameters.candidates(),
                            problem.before(site),
                            problem.series(site),
                            problem.multiples(site),
                            metric));
        }
        Map<LayerId, List<Option>> options = new LinkedHashMap<>();
        candidates.forEach((layer, some) -> options.put(layer, List.copyOf(some.keySet())));
        ScoreRecord scored = problem.scores(
                options, (layer, option) -> candidates.get(layer).get(option).toDouble());
        long samples = scored.evaluator().map(EvaluatorIdentity::samples).orElse(0L);
        ScoreTable table = NoiseFloor.applied(scored.table(), samples);
        List<ScoredSite> choices = scored(problem.sites(), options, metric, parameters, table, problem::before);
        boolean cuts = options.values().stream().flatMap(List::stream).anyMatch(Option::isCut);
        return select(
                problem.sites(),
                choices,
                metric,
                parameters,
                table,
                // Cuts that share a layer cost less together than one by one.
                cuts ? plan -> problem.cost(plan).of(metric) : null);
    }

    /**
     * The plan for a target.
     *
     * @param sites every layer of the model
     * @param options by layer, from the most to the least compressed
     * @param scores a score for every option; the baseline, if known, is what a layer scores that stays as it is
     * @return a decision for every layer, in the order given; its cost never exceeds the target
     * @throws InvalidInputException if a score is missing or NaN, or options do not rise in cost
     * @throws UnreachableTargetException if the most compressed options cost more than the target
     */
    static Plan select(
            List<Site> sites,
            Map<LayerId, List<Option>> options,
            Metric metric,
            GreedySelectionParameters parameters,
            ScoreTable scores) {
        return select(
                sites,
                scored(sites, options, metric, parameters, scores, Site::cost),
                metric,
                parameters,
                scores,
                null);
    }

    private static List<ScoredSite> scored(
            List<Site> sites,
            Map<LayerId, List<Option>> options,
            Metric metric,
            GreedySelectionParameters parameters,
            ScoreTable scores,
            Function<Site, Cost> before) {
        return sites.stream()
                .map(site -> ScoredSite.of(
                        site,
                        before.apply(site),
                        options.getOrDefault(site.id(), List.of()),
                        metric,
                        scores,
                        parameters.monotonicFit()))
                .toList();
    }

    /** @param cost of a whole plan; null where that is the sum of the sites' costs */
    private static Plan select(
            List<Site> sites,
            List<ScoredSite> choices,
            Metric metric,
            GreedySelectionParameters parameters,
            ScoreTable scores,
            ToLongFunction<Plan> cost) {
        long before = sites.stream().mapToLong(site -> site.cost().of(metric)).reduce(0, Math::addExact);
        Search search = new Search(sites, choices, new CostBudget(metric, parameters.target(), before), cost);
        int[] chosen = search.atHighestLevel();
        search.spendRest(chosen, denseScore(choices, scores));
        return search.plan(chosen);
    }

    /** Without a baseline, the best score there is: a network with one layer barely split is close to the original. */
    private static double denseScore(List<ScoredSite> choices, ScoreTable scores) {
        return scores.baseline()
                .orElseGet(() -> choices.stream()
                        .flatMapToDouble(layer -> Arrays.stream(layer.scores()))
                        .max()
                        .orElse(0));
    }

    /** Choices for all layers at once, and what they cost. */
    private static final class Search {
        private final List<Site> sites;
        private final List<ScoredSite> layers;
        private final CostBudget budget;
        private final ToLongFunction<Plan> whole;

        Search(List<Site> sites, List<ScoredSite> layers, CostBudget budget, ToLongFunction<Plan> whole) {
            this.sites = sites;
            this.layers = layers;
            this.budget = budget;
            this.whole = whole;
        }

        Plan plan(int[] chosen) {
            Map<LayerId, Decision> decisions = new LinkedHashMap<>();
            for (int i = 0; i < chosen.length; i++) {
                decisions.put(sites.get(i).id(), layers.get(i).decision(chosen[i]));
            }
            return new Plan(decisions);
        }

        /** The model's cost never rises as the level falls, so the highest affordable level is found by bisection. */
        int[] atHighestLevel() {
            if (budget.admits(budget.before())) {
                return dense();
            }
            double[] levels = layers.stream()
                    .flatMapToDouble(layer -> Arrays.stream(layer.scores()))
                    .sorted()
                    .distinct()
                    .toArray();
            long smallest = levels.length == 0 ? budget.before() : cost(choicesAt(levels[0]));
            if (!budget.admits(smallest)) {
                throw budget.unreachable(smallest);
            }
            int affordable = 0;
            int above = levels.length;
            while (above - affordable > 1) {
                int middle = (affordable + above) >>> 1;
                if (budget.admits(cost(choicesAt(levels[middle])))) {
                    affordable = middle;
                } else {
                    above = middle;
                }
            }
            return choicesAt(levels[affordable]);
        }

        private int[] dense() {
            return layers.stream().mapToInt(ScoredSite::dense).toArray();
        }

        private int[] choicesAt(double level) {
            return layers.stream().mapToInt(layer -> layer.choiceAt(level)).toArray();
        }

        void spendRest(int[] chosen, double denseScore) {
            long cost = cost(chosen);
            int next = bestRelaxation(chosen, cost, denseScore);
            while (next >= 0) {
                chosen[next]++;
                cost = cost(chosen);
                next = bestRelaxation(chosen, cost, denseScore);
            }
        }

        /**
         * The layer whose next less compressed choice fits and gains most per cost, the most compressed one on a tie; -1 if
         * none fits.
         */
        private int bestRelaxation(int[] chosen, long cost, double denseScore) {
            int best = -1;
            double bestGain = 0;
            for (int i = 0; i < chosen.length; i++) {
                if (chosen[i] < layers.get(i).dense() && budget.admits(stepped(chosen, cost, i))) {
                    double gain = gain(chosen, i, denseScore);
                    boolean better =
                            best < 0 || gain > bestGain || gain == bestGain && ratio(chosen, i) < ratio(chosen, best);
                    if (better) {
                        best = i;
                        bestGain = gain;
                    }
                }
            }
            return best;
        }

        private double ratio(int[] chosen, int i) {
            ScoredSite layer = layers.get(i);
            return (double) layer.cost(chosen[i]) / layer.cost(layer.dense());
        }

        /** The whole cost after a layer's next less compressed choice. */
        private long stepped(int[] chosen, long cost, int i) {
            if (whole == null) {
                return cost + step(chosen, i);
            }
            int[] then = chosen.clone();
            then[i]++;
            return cost(then);
        }

        private long step(int[] chosen, int i) {
            return layers.get(i).cost(chosen[i] + 1) - layers.get(i).cost(chosen[i]);
        }

        private double gain(int[] chosen, int i, double denseScore) {
            double now = layers.get(i).score(chosen[i], denseScore);
            double then = layers.get(i).score(chosen[i] + 1, denseScore);
            return now == then ? 0 : (then - now) / step(chosen, i);
        }

        private long cost(int[] chosen) {
            if (whole != null) {
                return whole.applyAsLong(plan(chosen));
            }
            return IntStream.range(0, chosen.length)
                    .mapToLong(i -> layers.get(i).cost(chosen[i]))
                    .reduce(0, Math::addExact);
        }
    }
}
