package dev.wsvd.selection;

import static dev.wsvd.selection.TestLayers.id;
import static dev.wsvd.selection.TestLayers.linear;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Kind;
import dev.wsvd.domain.layer.Coupling.Side;
import dev.wsvd.domain.layer.Coupling.Slice;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Candidate;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Decision.Change;
import dev.wsvd.domain.plan.Decision.Keep;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.ScoreTable;
import dev.wsvd.domain.spi.SelectionProblem;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class GreedySelectorTest {
    private static final String FORM = "input-channel";

    /** 100 weights each; rank r costs 20 r, so the ranks 1 … 4 cost 20, 40, 60, 80. */
    private static final Layer A = linear("a", 10, 10);

    private static final Layer B = linear("b", 10, 10);

    @Test
    void takesTheHighestLevelThatMeetsTheTargetExactly() {
        ScoreTable scores = scores(Map.of(A, new double[] {.70, .80, .90, .95}, B, new double[] {.60, .75, .85, .96}));

        // Levels from above: .96 → B 80, A dense: 180. .95: 160. .90: A 60, B 80: 140. .85: 120. .80: 100. .75: 80.
        assertThat(ranks(select(.7, List.of(A, B), scores))).isEqualTo(Map.of("a", 3, "b", 4));
        assertThat(ranks(select(.6, List.of(A, B), scores))).isEqualTo(Map.of("a", 3, "b", 3));
        assertThat(ranks(select(.5, List.of(A, B), scores))).isEqualTo(Map.of("a", 2, "b", 3));
        assertThat(ranks(select(.4, List.of(A, B), scores))).isEqualTo(Map.of("a", 2, "b", 2));
        assertThat(ranks(select(.2, List.of(A, B), scores))).isEqualTo(Map.of("a", 1, "b", 1));
    }

    @Test
    void spendsTheRestOnTheBestGainPerCost() {
        // Level .8 drops both layers from dense to rank 1 at once (40 of 200); the rest is 80 of a target of 120.
        ScoreTable scores = scores(Map.of(A, new double[] {.80, .80, .80, .80}, B, new double[] {.80, .80, .80, .80}))
                .withBaseline(.9);
        ScoreTable steepB = scores(Map.of(A, new double[] {.80, .81, .82, .83}, B, new double[] {.80, .84, .845, .89}));

        assertThat(ranks(select(.6, List.of(A, B), scores)))
                .as("equal gains: the most compressed layer first, so both alike")
                .isEqualTo(Map.of("a", 3, "b", 3));
        // Level .83 costs 120 already: A 80, B 40.
        assertThat(ranks(select(.6, List.of(A, B), steepB))).isEqualTo(Map.of("a", 4, "b", 2));
        // Level .82 (A 60, B 40) leaves 10, too little for any step.
        assertThat(ranks(select(.55, List.of(A, B), steepB))).isEqualTo(Map.of("a", 3, "b", 2));
    }

    @Test
    void gainCountsPerCost() {
        // 1,000 weights, rank r costs 110 r. Level .50 costs 110 + 20 of the 242 allowed. The large layer's next step
        // gains
        // .05 for 110, each of A's .02 for 20: A takes all of its own, and nothing is left for the other.
        Layer large = linear("large", 10, 100);
        ScoreTable scores = scores(Map.of(
                        large, new double[] {.50, .55, .55, .55, .55, .55, .55, .55, .55},
                        A, new double[] {.50, .52, .54, .56}))
                .withBaseline(.58);

        Plan plan = select(.22, List.of(large, A), scores);

        assertThat(ranks(plan)).isEqualTo(Map.of("large", 1));
    }

    @Test
    void aStepThatDoesNotFitLeavesTheBudgetToOthers() {
        // 1,000 weights, rank r costs 110 r: its steps never fit into what is left, the small layer's do.
        Layer large = linear("large", 10, 100);
        ScoreTable scores = scores(
                Map.of(large, new double[] {.5, .5, .5, .5, .5, .5, .5, .5, .9}, A, new double[] {.5, .5, .5, .5}));

        Plan plan = select(.2, List.of(large, A), scores);

        // 110 + 20 = 130 of 1,100; the target allows 220: the large layer's step of 110 does not fit, A goes dense
        // (210).
        assertThat(ranks(plan)).isEqualTo(Map.of("large", 1));
        assertThat(plan.decision(id("a"))).isEqualTo(new Keep("kept by the selection"));
    }

    @Test
    void scanStopsAtTheFirstScoreBelowTheLevel() {
        // Rank 2 dips: rank 1's good score behind it is luck, not reached while the level is above .60.
        ScoreTable scores = scores(Map.of(A, new double[] {.90, .60, .80, .85}, B, new double[] {.70, .71, .72, .73}));

        assertThat(ranks(select(.4, List.of(A, B), scores)))
                .as("at .70 A stops at rank 3 and B falls to rank 1")
                .isEqualTo(Map.of("a", 3, "b", 1));
        assertThat(ranks(select(.35, List.of(A, B), scores)))
                .as("at .60 A reaches rank 1 and there is room for two steps, of which B's first comes earlier than a"
                        + " loss")
                .isEqualTo(Map.of("a", 1, "b", 2));
    }

    @Test
    void monotonicFitSmoothsTheDip() {
        ScoreTable scores = scores(Map.of(A, new double[] {.90, .60, .90, .95}, B, new double[] {.70, .71, .72, .81}));

        // A's first three scores become .80 each.
        assertThat(ranks(new GreedySelector(parameters(.5).withMonotonicFit(true))
                        .select(problem(List.of(A, B)).withScores(scores))))
                .isEqualTo(Map.of("a", 1, "b", 4));
        assertThat(ranks(select(.5, List.of(A, B), scores))).isEqualTo(Map.of("a", 3, "b", 2));
    }

    @Test
    void aTargetOfOneLeavesEverythingDense() {
        assertThat(select(1, List.of(A), scores(Map.of(A, new double[] {1, 1, 1, 1}))))
                .isEqualTo(new Plan(Map.of(A.id(), new Keep("kept by the selection"))));
    }

    @Test
    void everyLayerGetsADecisionInOrderWithItsReason() {
        Layer blocked = linear("blocked", 10, 10).unsupported("weight is not constant");
        Layer thin = linear("thin", 1, 10);
        Layer ignored = linear("ignored", 10, 10);
        List<Layer> model = List.of(blocked, A, thin, ignored);
        SelectionProblem problem =
                problem(model, "ignored").withScores(scores(Map.of(A, new double[] {.1, .2, .3, .4})));

        Plan plan = new GreedySelector(parameters(.75)).select(problem);

        Map<LayerId, Decision> expected = new LinkedHashMap<>();
        expected.put(id("blocked"), new Keep("weight is not constant"));
        expected.put(id("a"), new Change(Choice.of(FORM, 1)));
        expected.put(id("thin"), new Keep("no rank saves"));
        expected.put(id("ignored"), new Keep("ignored"));
        assertThat(plan.decisions()).isEqualTo(expected);
        assertThat(plan.decisions().keySet()).containsExactlyElementsOf(expected.keySet());
        assertThat(problem.cost(plan).of(Metric.MEMORY)).isEqualTo(100 + 20 + 10 + 100);
    }

    @Test
    void anUnreachableTargetNamesTheSmallestRatio() {
        ScoreTable scores = scores(Map.of(A, new double[] {.1, .2, .3, .4}));
        UnreachableTargetException error = catchThrowableOfType(
                UnreachableTargetException.class,
                () -> new GreedySelector(parameters(.59))
                        .select(problem(List.of(A, B), "b").withScores(scores)));

        assertThat(error)
                .hasMessage("The target memory ratio 0.59 cannot be met: the smallest ratio reachable is 0.6000. Maybe"
                        + " raise the target, allow more candidates or ignore fewer layers.");
        assertThat(error.smallestRatio()).hasValue(.6);
    }

    @Test
    void aModelWithoutKnownCostMeetsNoTargetBelowOne() {
        CostBudget half = new CostBudget(Metric.MEMORY, CompressionRatio.of(.5), 0);

        assertThat(half.admits(0)).isFalse();
        assertThat(half.unreachable(0).smallestRatio()).hasValue(1);
        assertThat(new CostBudget(Metric.MEMORY, CompressionRatio.of(1.0), 0).admits(0))
                .isTrue();
    }

    @Test
    void aMissingScoreIsNamed() {
        assertThatThrownBy(() -> select(.5, List.of(A), ScoreTable.empty().with(candidate(A, 1), .2, .9)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        "There is no score for layer 'a', input-channel rank 4. Maybe the scores were made with other"
                                + " candidates, or the evaluation did not finish.");
    }

    @Test
    void aScoreThatIsNoNumberIsRefused() {
        assertThatThrownBy(() -> select(.5, List.of(A), scores(Map.of(A, new double[] {.1, .2, Double.NaN, .4}))))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The score of layer 'a', input-channel rank 3 is NaN; scores must be numbers.");
    }

    @Test
    void infiniteScoresAreOrdered() {
        // An evaluator in dB may say that nothing was lost at all.
        double all = Double.POSITIVE_INFINITY;
        ScoreTable scores = scores(Map.of(A, new double[] {all, all, all, all}, B, new double[] {20, 30, 40, all}));

        assertThat(ranks(select(.3, List.of(A, B), scores.withBaseline(all)))).isEqualTo(Map.of("a", 1, "b", 2));
    }

    @Test
    void optionsThatDoNotRiseAreRefused() {
        ListedProblem problem = problem(List.of(A));
        Option option = problem.series(problem.site("a")).get(0);

        assertThatThrownBy(() -> ScoredSite.of(
                        problem.site("a"), problem.site("a").cost(), List.of(option, option), Metric.MEMORY))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The options of layer 'a' must rise in memory cost and stay below the layer's own, found 20"
                        + " before 20.");
    }

    @Test
    void onlyScoresThatThePlanDependsOnAreMade() {
        ScoreTable scores = scores(Map.of(A, new double[] {.70, .80, .90, .95}, B, new double[] {.60, .75, .85, .96}))
                .withBaseline(.97);
        ListedProblem problem = problem(List.of(A, B)).withScores(scores);

        // At .85: A's .90 and the .80 that it does not reach, B's .85 and the .75.
        Plan plan = new GreedySelector(parameters(.6)).select(problem);

        assertThat(ranks(plan)).isEqualTo(Map.of("a", 3, "b", 3));
        assertThat(problem.made()).isEqualTo(6);
        assertThat(new GreedySelector(parameters(.6).withAllScores(true)).select(problem))
                .isEqualTo(plan);
        assertThat(problem.made()).isEqualTo(8);
    }

    @Test
    void whereScoresAreLikeTheOriginalsThoseThatTheBudgetNeedsNotAreNotMade() {
        // Nothing is lost down to rank 1, and the target allows rank 3 of both.
        ScoreTable scores = scores(Map.of(A, new double[] {.90, .90, .90, .90}, B, new double[] {.50, .90, .90, .90}))
                .withBaseline(.90);
        ListedProblem problem = problem(List.of(A, B)).withScores(scores).withSamples(10);

        Plan plan = new GreedySelector(parameters(.6)).select(problem);

        assertThat(ranks(plan)).isEqualTo(Map.of("a", 3, "b", 3));
        assertThat(problem.made()).isEqualTo(4);
    }

    @Test
    void anUnreachableTargetNeedsNoScores() {
        ListedProblem problem = problem(List.of(A)).withScores(ScoreTable.empty());

        assertThatThrownBy(() -> new GreedySelector(parameters(.1)).select(problem))
                .isInstanceOf(UnreachableTargetException.class);
        assertThat(new GreedySelector(parameters(1)).select(problem).changes()).isEmpty();
    }

    @Test
    void aCouplingWithoutCandidatesIsCountedOnce() {
        // Of two units no multiple of four stays, so that nothing can be cut: both layers cost what they did.
        Layer writer = linear("writer", 2, 10);
        Layer reader = linear("reader", 10, 2);
        Coupling units = new Coupling(
                reader,
                Kind.CHANNELS,
                1,
                2,
                List.of(new Slice(writer, Side.WRITES, List.of(0, 1)), new Slice(reader, Side.READS, List.of(0, 1))));
        ListedProblem problem = new ListedProblem(
                        List.of(writer, reader), List.of(units), Metric.MEMORY, "channel-pruning", Set.of())
                .withMultiplicity(4)
                .withScores(ScoreTable.empty());

        UnreachableTargetException error = catchThrowableOfType(
                UnreachableTargetException.class, () -> new GreedySelector(parameters(.5)).select(problem));

        assertThat(error.smallestRatio()).hasValue(1);
    }

    private static Plan select(double target, List<Layer> model, ScoreTable scores) {
        return new GreedySelector(parameters(target)).select(problem(model).withScores(scores));
    }

    /** So many candidates that every rank that saves is one. */
    private static GreedySelectionParameters parameters(double target) {
        return GreedySelectionParameters.of(CompressionRatio.of(target)).withCandidates(100);
    }

    private static ListedProblem problem(List<Layer> model, String... ignored) {
        return new ListedProblem(
                model,
                Metric.MEMORY,
                FORM,
                Arrays.stream(ignored).map(LayerId::new).collect(Collectors.toSet()));
    }

    private static ScoreTable scores(Map<Layer, double[]> scores) {
        Map<Candidate, ScoreTable.Entry> entries = new LinkedHashMap<>();
        scores.forEach((layer, values) -> {
            for (int rank = 1; rank <= values.length; rank++) {
                entries.put(candidate(layer, rank), new ScoreTable.Entry(values[rank - 1], rank / 5.0));
            }
        });
        return ScoreTable.of(OptionalDouble.empty(), entries);
    }

    private static Candidate candidate(Layer layer, int rank) {
        return new Candidate(layer.id(), Choice.of(FORM, rank));
    }

    private static Map<String, Integer> ranks(Plan plan) {
        Map<String, Integer> ranks = new LinkedHashMap<>();
        plan.changes().forEach((layer, split) -> ranks.put(layer.name(), split.rank()));
        return ranks;
    }
}
