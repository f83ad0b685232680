package dev.wsvd.selection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.cost.CostModel;
import dev.wsvd.domain.Candidate;
import dev.wsvd.domain.CompressionRatio;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.RankDecision;
import dev.wsvd.domain.RankDecision.KeepDense;
import dev.wsvd.domain.RankPlan;
import dev.wsvd.domain.ScoreTable;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.error.UnreachableTargetException;
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
            List<Layer> layers,
            CostMetric metric,
            Map<LayerId, List<CandidateOption>> options,
            GreedySelectionParameters parameters,
            int scoreLevels,
            boolean baselineKnown,
            long seed) {
        static Case of(
                List<Layer> layers,
                CostMetric metric,
                CandidateRanks ranks,
                CompressionRatio target,
                int scoreLevels,
                boolean baselineKnown,
                long seed) {
            Map<LayerId, List<CandidateOption>> options = new LinkedHashMap<>();
            layers.forEach(layer -> options.put(layer.id(), ranks.of(layer)));
            GreedySelectionParameters parameters = GreedySelectionParameters.of(target);
            return new Case(layers, metric, options, parameters, scoreLevels, baselineKnown, seed);
        }

        Case withTarget(CompressionRatio target) {
            GreedySelectionParameters wider = GreedySelectionParameters.of(target);
            return new Case(layers, metric, options, wider, scoreLevels, baselineKnown, seed);
        }

        /** Few distinct scores, so that many are equal; in no order, unless rising ones are asked for. */
        ScoreTable scores(boolean rising) {
            Random random = new Random(seed);
            Map<Candidate, ScoreTable.Entry> entries = new LinkedHashMap<>();
            for (List<CandidateOption> options : this.options.values()) {
                double[] scores = random.doubles(options.size())
                        .map(x -> Math.floor(x * scoreLevels) / scoreLevels)
                        .toArray();
                if (rising) {
                    Arrays.sort(scores);
                }
                for (int i = 0; i < scores.length; i++) {
                    entries.put(options.get(i).candidate(), new ScoreTable.Entry(scores[i], 0));
                }
            }
            return ScoreTable.of(baselineKnown ? OptionalDouble.of(1) : OptionalDouble.empty(), entries);
        }

        RankPlan select(ScoreTable scores) {
            return GreedySelector.select(layers, options, metric, parameters, scores);
        }

        long cost(RankPlan plan) {
            return CostModel.of(layers, plan).of(metric);
        }

        boolean fits(RankPlan plan) {
            return parameters.target().admits(cost(plan), CostModel.of(layers).of(metric));
        }

        /** Every combination of one option or dense per layer. */
        List<RankPlan> allPlans() {
            List<RankPlan> plans = List.of(new RankPlan(Map.of()));
            for (List<CandidateOption> options : this.options.values()) {
                List<RankPlan> more = new ArrayList<>(plans);
                for (RankPlan plan : plans) {
                    for (CandidateOption option : options) {
                        Map<LayerId, RankDecision> decisions = new LinkedHashMap<>(plan.decisions());
                        decisions.put(
                                option.candidate().layer(), option.candidate().split());
                        more.add(new RankPlan(decisions));
                    }
                }
                plans = more;
            }
            return plans;
        }

        double level(RankPlan plan, ScoreTable scores) {
            double level = Double.POSITIVE_INFINITY;
            for (Map.Entry<LayerId, List<CandidateOption>> layer : options.entrySet()) {
                List<CandidateOption> options = layer.getValue();
                for (int i = chosen(plan, layer.getKey()); i < options.size(); i++) {
                    level = Math.min(
                            level, scores.score(options.get(i).candidate()).orElseThrow());
                }
            }
            return level;
        }

        /** The index of the option a plan takes; the number of options for dense. */
        int chosen(RankPlan plan, LayerId layer) {
            List<CandidateOption> options = this.options.get(layer);
            RankDecision decision = plan.decision(layer);
            int index = 0;
            while (index < options.size()
                    && !options.get(index).candidate().split().equals(decision)) {
                index++;
            }
            assertThat(index < options.size() || decision instanceof KeepDense).isTrue();
            return index;
        }

        double worstScore(RankPlan plan, ScoreTable scores) {
            return plan.splits().entrySet().stream()
                    .mapToDouble(split -> scores.score(new Candidate(split.getKey(), split.getValue()))
                            .orElseThrow())
                    .min()
                    .orElse(Double.POSITIVE_INFINITY);
        }

        RankPlan with(RankPlan plan, LayerId layer, RankDecision decision) {
            Map<LayerId, RankDecision> decisions = new LinkedHashMap<>(plan.decisions());
            decisions.put(layer, decision);
            return new RankPlan(decisions);
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

        RankPlan plan = given.select(scores);

        assertThat(plan.decisions()).hasSize(given.layers().size());
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

        RankPlan plan = given.select(given.scores(false));

        given.options().forEach((layer, options) -> {
            int next = given.chosen(plan, layer) + 1;
            if (next <= options.size()) {
                RankDecision relaxed =
                        next < options.size() ? options.get(next).candidate().split() : new KeepDense("dense");
                assertThat(given.fits(given.with(plan, layer, relaxed))).isFalse();
            }
        });
    }

    @Property(tries = 300)
    void anUnreachableTargetIsOneThatNoPlanMeets(@ForAll("cases") Case given) {
        double smallest =
                (double) given.allPlans().stream().mapToLong(given::cost).min().orElseThrow()
                        / CostModel.of(given.layers()).of(given.metric());
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

        assertThat(GreedySelector.select(
                        given.layers(),
                        given.options(),
                        given.metric(),
                        given.parameters().withMonotonicFit(true),
                        scores))
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
        return Arbitraries.of(CostMetric.class).flatMap(metric -> {
            Arbitrary<CandidateRanks> ranks = Combinators.combine(
                            Arbitraries.integers().between(2, 6),
                            Arbitraries.of(Unfolding.class),
                            Arbitraries.integers().between(1, 2))
                    .as((count, unfolding, multiplicity) ->
                            new CandidateRanks(count, metric, unfolding, new Multiplicity(multiplicity)));
            return Combinators.combine(
                            TestLayers.models(4),
                            Arbitraries.just(metric),
                            ranks,
                            TestLayers.ratios(),
                            Arbitraries.integers().between(1, 12),
                            Arbitraries.of(true, false),
                            Arbitraries.longs())
                    .as(Case::of);
        });
    }

    @Provide
    Arbitrary<CompressionRatio> ratios() {
        return TestLayers.ratios();
    }
}
