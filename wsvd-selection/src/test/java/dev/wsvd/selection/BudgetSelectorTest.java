package dev.wsvd.selection;

import static dev.wsvd.selection.TestLayers.conv;
import static dev.wsvd.selection.TestLayers.id;
import static dev.wsvd.selection.TestLayers.linear;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Decision.Change;
import dev.wsvd.domain.plan.Decision.Keep;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Plan;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On layers that are really decomposed. */
class BudgetSelectorTest {
    private static final RealErrors ERRORS = new RealErrors();

    private static final List<Layer> MODEL = List.of(
            conv("conv1", 12, 8, 1, 6),
            linear("fc1", 24, 40),
            linear("unsupported", 24, 40).unsupported("quantised"),
            linear("ignored", 24, 40),
            linear("thin", 1, 40));

    @Test
    void choosesTheLeastLossOfAllPlansWithinATarget() {
        List<Layer> small = List.of(linear("a", 6, 8), linear("b", 8, 5));
        for (int percent : new int[] {40, 60, 75, 90}) {
            ListedProblem problem = new ListedProblem(small, Metric.MEMORY, "input-channel").withErrors(ERRORS);
            CompressionRatio target = new CompressionRatio(percent, 100);

            Plan plan = new BudgetSelector(BudgetSelectionParameters.of(target)).select(problem);

            assertThat(meets(problem, target, plan)).isTrue();
            assertThat(loss(problem, plan))
                    .isEqualTo(plans(problem)
                            .filter(other -> meets(problem, target, other))
                            .mapToDouble(other -> loss(problem, other))
                            .min()
                            .orElseThrow());
        }
    }

    private static Stream<Plan> plans(ListedProblem problem) {
        return Stream.concat(
                        Stream.of(Plan.NONE),
                        problem.options(problem.site("a"), Set.of(Metric.MEMORY)).stream()
                                .map(option -> Plan.of(id("a"), option.choice())))
                .flatMap(plan -> Stream.concat(
                        Stream.of(plan),
                        problem.options(problem.site("b"), Set.of(Metric.MEMORY)).stream()
                                .map(option -> {
                                    Map<LayerId, Decision> both = new LinkedHashMap<>(plan.decisions());
                                    both.put(id("b"), new Change(option.choice()));
                                    return new Plan(both);
                                })));
    }

    private static double loss(ListedProblem problem, Plan plan) {
        return plan.changes().entrySet().stream()
                .mapToDouble(change -> Math.pow(
                        ERRORS.applyAsDouble(
                                problem.site(change.getKey().name()), new Option(change.getValue(), Cost.of(0, 0))),
                        2))
                .sum();
    }

    private static boolean meets(ListedProblem problem, CompressionRatio target, Plan plan) {
        return target.admits(
                problem.cost(plan).of(problem.metric()), problem.cost(Plan.NONE).of(problem.metric()));
    }

    @Test
    void limitsAsNumbersHoldTogether() {
        ListedProblem problem = problem();
        Map<Metric, Long> most = Map.of(Metric.MAC, 20_000L, Metric.BYTES, 12_000L);

        Plan plan = new BudgetSelector(new BudgetSelectionParameters(Optional.empty(), most, OptionalDouble.empty()))
                .select(problem);

        assertThat(problem.cost(Plan.NONE).of(Metric.MAC)).isGreaterThan(20_000);
        assertThat(problem.cost(Plan.NONE).of(Metric.BYTES)).isGreaterThan(12_000);
        assertThat(problem.cost(plan).of(Metric.MAC)).isLessThanOrEqualTo(20_000);
        assertThat(problem.cost(plan).of(Metric.BYTES)).isLessThanOrEqualTo(12_000);
    }

    @Test
    void layersThatStaySayWhy() {
        assertThat(new BudgetSelector(BudgetSelectionParameters.of(CompressionRatio.of(1)))
                        .select(problem())
                        .decisions())
                .containsEntry(id("fc1"), new Keep("kept by the selection"))
                .containsEntry(id("unsupported"), new Keep("quantised"))
                .containsEntry(id("ignored"), new Keep("ignored"))
                .containsEntry(id("thin"), new Keep("no rank saves"));
    }

    @Test
    void aLimitThatNothingMeetsNamesTheFewestReachable() {
        Map<Metric, Long> most = Map.of(Metric.MEMORY, 1_000L);
        BudgetSelector selector =
                new BudgetSelector(new BudgetSelectionParameters(Optional.empty(), most, OptionalDouble.empty()));

        // Of fc1 and conv1 rank 1 in the cheapest form, the rest as they are: 64 + 60 + 3 · 960 − 960 + 40.
        assertThatThrownBy(() -> selector.select(problem()))
                .isInstanceOf(UnreachableTargetException.class)
                .hasMessage(
                        "At most 1000 parameters cannot be met: the fewest reachable are 2084. Maybe raise the limit or"
                                + " ignore fewer layers.");
    }

    @Test
    void aCurveHasAPlanPerRatioThatIsWithinReach() {
        ListedProblem problem = problem();
        List<BudgetSelector.CurvePoint> points = new ArrayList<>();
        List<String> unreachable = new ArrayList<>();

        BudgetSelector.curve(
                problem,
                Stream.of(0.9, 0.5, 0.001).map(CompressionRatio::of).toList(),
                points::add,
                e -> unreachable.add(e.getMessage()));

        assertThat(points).extracting(point -> point.ratio().toDouble()).containsExactly(0.9, 0.5);
        assertThat(points).allMatch(point -> meets(problem, point.ratio(), point.plan()));
        assertThat(points.get(1).plan())
                .isEqualTo(new BudgetSelector(BudgetSelectionParameters.of(CompressionRatio.of(0.5))).select(problem));
        assertThat(unreachable).hasSize(1);
    }

    @Test
    void theSmallestModelThatKeepsTheScoreIsLookedForByScoringModels() {
        ListedProblem problem = problem();
        problem.withScores(
                0.9,
                plan -> problem.cost(plan).of(Metric.MAC)
                                >= 0.5 * problem.cost(Plan.NONE).of(Metric.MAC)
                        ? 0.9
                        : 0.5);

        Plan plan = new BudgetSelector(
                        new BudgetSelectionParameters(Optional.empty(), Map.of(), OptionalDouble.of(0.01)))
                .select(problem);

        assertThat((double) problem.cost(plan).of(Metric.MAC)
                        / problem.cost(Plan.NONE).of(Metric.MAC))
                .isBetween(0.5, 0.55);
        assertThat(problem.expected())
                .startsWith(List.of(1, DropSearch.USUAL_TRIALS), List.of(0, DropSearch.USUAL_TRIALS))
                .endsWith(List.of(0, 1), List.of(0, 0));
        assertThat(problem.notices().get(0)).startsWith("The smallest ratio found that keeps the score is 0.5");
    }

    @Test
    void withoutAnEvaluatorADropIsNotKnown() {
        BudgetSelector selector =
                new BudgetSelector(new BudgetSelectionParameters(Optional.empty(), Map.of(), OptionalDouble.of(0.01)));
        assertThatThrownBy(() -> selector.select(problem()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("A largest drop of the score needs scores, and there is no evaluator. Maybe give data to"
                        + " evaluate on.");
    }

    @Test
    void somethingIsAimedAt() {
        assertThatThrownBy(() -> new BudgetSelectionParameters(Optional.empty(), Map.of(), OptionalDouble.empty()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Budgeted selection needs something to aim at: a target ratio, a largest number of MACs or"
                        + " parameters, or a largest drop of the score.");
    }

    @ParameterizedTest
    @ValueSource(doubles = {-0.01, Double.NaN, Double.POSITIVE_INFINITY})
    void aDropIsANumberOfAtLeastZero(double drop) {
        assertThatThrownBy(() -> new BudgetSelectionParameters(Optional.empty(), Map.of(), OptionalDouble.of(drop)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The largest drop of the score must be a number of at least 0, found " + drop + ".");
    }

    @Test
    void aLimitIsAtLeastOne() {
        assertThatThrownBy(() -> new BudgetSelectionParameters(
                        Optional.empty(), Map.of(Metric.BYTES, 0L), OptionalDouble.empty()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The largest bytes cost must be at least 1, found 0.");
    }

    private static ListedProblem problem() {
        return new ListedProblem(MODEL, Metric.MAC, "input-channel", Set.of(id("ignored"))).withErrors(ERRORS);
    }
}
