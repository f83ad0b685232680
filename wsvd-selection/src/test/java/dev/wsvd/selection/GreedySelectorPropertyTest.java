package dev.wsvd.selection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Candidate;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Decision.Change;
import dev.wsvd.domain.plan.Decision.Keep;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.ScoreTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * Greedy selection against every plan there is.
 *
 * <p>The level of a plan is the lowest score met on the way to it: over all layers, the lowest score among the option taken
 * and the less compressed ones; dense layers are above every level. For score curves that never fall that is the worst score
 * taken.
 */
class GreedySelectorPropertyTest {
    /** A model with options and scores, and a target. */
    record Case(
            ListedProblem problem,
            Map<LayerId, List<Option>> options,
            GreedySelectionParameters parameters,
            int scoreLevels,
            boolean baselineKnown,
            long seed) {
        static Case of(
                ListedProblem problem,
                int candidates,
                CompressionRatio target,
                int scoreLevels,
                boolean baselineKnown,
                long seed) {
            Map<LayerId, List<Option>> options = new LinkedHashMap<>();
            problem.sites()
                    .forEach(site -> options.put(
                            site.id(),
                            List.copyOf(CandidateRatios.of(
                                            candidates,
                                            site.cost(),
                                            problem.series(site),
                                            problem.multiples(site),
                                            problem.metric())
                                    .keySet())));
            GreedySelectionParameters parameters =
                    GreedySelectionParameters.of(target).withCandidates(candidates);
            return new Case(problem, options, parameters, scoreLevels, baselineKnown, seed);
        }

        Case withTarget(CompressionRatio target) {
            GreedySelectionParameters wider =
                    GreedySelectionParameters.of(target).withCandidates(parameters.candidates());
            return new Case(problem, options, wider, scoreLevels, baselineKnown, seed);
        }

        /** Few distinct scores, so that many are equal; in no order, unless rising ones are asked for. */
        ScoreTable scores(boolean rising) {
            Random random = new Random(seed);
            Map<Candidate, ScoreTable.Entry> entries = new LinkedHashMap<>();
            for (Map.Entry<LayerId, List<Option>> layer : this.options.entrySet()) {
                List<Option> options = layer.getValue();
                double[] scores = random.doubles(options.size())
                        .map(x -> Math.floor(x * scoreLevels) / scoreLevels)
                        .toArray();
                if (rising) {
                    Arrays.sort(scores);
                }
                for (int i = 0; i < scores.length; i++) {
                    entries.put(candidate(layer.getKey(), options.get(i)), new ScoreTable.Entry(scores[i], 0));
                }
            }
            return ScoreTable.of(baselineKnown ? OptionalDouble.of(1) : OptionalDouble.empty(), entries);
        }

        Plan select(ScoreTable scores) {
            return new GreedySelector(parameters).select(problem.withScores(scores));
        }

        long cost(Plan plan) {
            return problem.cost(plan).of(problem.metric());
        }

        boolean fits(Plan plan) {
            return parameters.target().admits(cost(plan), cost(Plan.NONE));
        }

        /** Every combination of one option or dense per layer. */
        List<Plan> allPlans() {
            List<Plan> plans = List.of(Plan.NONE);
            for (Map.Entry<LayerId, List<Option>> layer : options.entrySet()) {
                List<Plan> more = new ArrayList<>(plans);
                for (Plan plan : plans) {
                    for (Option option : layer.getValue()) {
                        more.add(with(plan, layer.getKey(), new Change(option.choice())));
                    }
                }
                plans = more;
            }
            return plans;
        }

        double level(Plan plan, ScoreTable scores) {
            double level = Double.POSITIVE_INFINITY;
            for (Map.Entry<LayerId, List<Option>> layer : options.entrySet()) {
                List<Option> options = layer.getValue();
                for (int i = chosen(plan, layer.getKey()); i < options.size(); i++) {
                    level = Math.min(
                            level,
                            scores.score(candidate(layer.getKey(), options.get(i)))
                                    .orElseThrow());
                }
            }
            return level;
        }

        /** The index of the option a plan takes; the number of options for dense. */
        int chosen(Plan plan, LayerId layer) {
            List<Option> options = this.options.get(layer);
            Decision decision = plan.decision(layer);
            int index = 0;
            while (index < options.size() && !new Change(options.get(index).choice()).equals(decision)) {
                index++;
            }
            assertThat(index < options.size() || decision instanceof Keep).isTrue();
            return index;
        }

        double worstScore(Plan plan, ScoreTable scores) {
            return plan.changes().entrySet().stream()
                    .mapToDouble(split -> scores.score(new Candidate(split.getKey(), split.getValue()))
                            .orElseThrow())
                    .min()
                    .orElse(Double.POSITIVE_INFINITY);
        }

        static Candidate candidate(LayerId layer, Option option) {
            return new Candidate(layer, option.choice());
        }

        Plan with(Plan plan, LayerId layer, Decision decision) {
            Map<LayerId, Decision> decisions = new LinkedHashMap<>(plan.decisions());
            decisions.put(layer, decision);
            return new Plan(decisions);
        }
    }

    @Property(tries = 300)
    void hasTheHighestLevelOfAllPlansThatMeetTheTarget(@ForAll("cases") Case given) {
        ScoreTable scores = given.scores(false);
        OptionalDouble best = given.allPlans().stream()
                .filter(given::fits)
                .mapToDouble(plan -> given.level(plan, scores))
                .max();
        Assume.that(best.isPresent());

        Plan plan = given.select(scores);

        assertThat(plan.decisions()).hasSize(given.problem().sites().size());
        assertThat(given.fits(plan)).isTrue();
        assertThat(given.level(plan, scores)).isEqualTo(best.getAsDouble());
    }

    @Property(tries = 300)
    void withRisingScoresNoPlanThatMeetsTheTargetHasABetterWorstScore(@ForAll("cases") Case given) {
        ScoreTable scores = given.scores(true);
        OptionalDouble best = given.allPlans().stream()
                .filter(given::fits)
                .mapToDouble(plan -> given.worstScore(plan, scores))
                .max();
        Assume.that(best.isPresent());

        assertThat(given.worstScore(given.select(scores), scores)).isEqualTo(best.getAsDouble());
    }

    @Property(tries = 300)
    void leavesNoBudgetThatALayersNextStepCouldUse(@ForAll("cases") Case given) {
        Assume.that(given.allPlans().stream().anyMatch(given::fits));

        Plan plan = given.select(given.scores(false));

        given.options().forEach((layer, options) -> {
            int next = given.chosen(plan, layer) + 1;
            if (next <= options.size()) {
                Decision relaxed =
                        next < options.size() ? new Change(options.get(next).choice()) : new Keep("dense");
                assertThat(given.fits(given.with(plan, layer, relaxed))).isFalse();
            }
        });
    }

    @Property(tries = 300)
    void anUnreachableTargetIsOneThatNoPlanMeets(@ForAll("cases") Case given) {
        double smallest =
                (double) given.allPlans().stream().mapToLong(given::cost).min().orElseThrow() / given.cost(Plan.NONE);
        boolean reachable = given.allPlans().stream().anyMatch(given::fits);

        try {
            given.select(given.scores(false));
            assertThat(reachable).isTrue();
        } catch (UnreachableTargetException e) {
            assertThat(reachable).isFalse();
            assertThat(e.smallestRatio()).hasValue(smallest);
        }
    }

    @Property(tries = 300)
    void theFitOfRisingScoresChangesNothing(@ForAll("cases") Case given) {
        Assume.that(given.allPlans().stream().anyMatch(given::fits));
        ScoreTable scores = given.scores(true);

        assertThat(new GreedySelector(given.parameters().withMonotonicFit(true))
                        .select(given.problem().withScores(scores)))
                .isEqualTo(given.select(scores));
    }

    @Property(tries = 300)
    void aLargerTargetNeverLowersTheLevel(@ForAll("cases") Case given, @ForAll("ratios") CompressionRatio other) {
        ScoreTable scores = given.scores(false);
        CompressionRatio target = given.parameters().target();
        Case wider = given.withTarget(target.compareTo(other) > 0 ? target : other);
        Assume.that(given.allPlans().stream().anyMatch(given::fits));

        assertThat(wider.level(wider.select(scores), scores))
                .isGreaterThanOrEqualTo(given.level(given.select(scores), scores));
    }

    @Provide
    Arbitrary<Case> cases() {
        Arbitrary<ListedProblem> problems = Combinators.combine(
                        TestLayers.models(4),
                        TestLayers.metrics(),
                        TestLayers.forms(),
                        Arbitraries.integers().between(1, 2))
                .as((layers, metric, form, multiplicity) ->
                        new ListedProblem(layers, metric, form).withMultiplicity(multiplicity));
        return Combinators.combine(
                        problems,
                        Arbitraries.integers().between(2, 6),
                        TestLayers.ratios(),
                        Arbitraries.integers().between(1, 12),
                        Arbitraries.of(true, false),
                        Arbitraries.longs())
                .as(Case::of);
    }

    @Provide
    Arbitrary<CompressionRatio> ratios() {
        return TestLayers.ratios();
    }
}
