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
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Decision.Keep;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.Site;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.Set;
import java.util.function.IntToDoubleFunction;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class TarSelectorTest {
    /** 100 weights each; rank r costs 20 r, so the ranks 1 … 4 save. */
    private static final Layer A = linear("a", 10, 10);

    private static final Layer B = linear("b", 10, 10);

    private static final IntToDoubleFunction EVEN = curve(.75, .5, .25, .125);

    private static final IntToDoubleFunction STEEP = curve(.25, .125, 0, 0);

    private static final Map<LayerId, IntToDoubleFunction> RESIDUALS = Map.of(A.id(), EVEN, B.id(), STEEP);

    @Test
    void everyLayerTakesTheRankWithTheNearestResidual() {
        TarSelector.Search search = search(1);

        assertThat(ranks(search.plan(1))).isEqualTo(Map.of("a", 1, "b", 1));
        assertThat(ranks(search.plan(.45))).isEqualTo(Map.of("a", 2, "b", 1));
        assertThat(ranks(search.plan(.2))).isEqualTo(Map.of("a", 3, "b", 1));
        assertThat(ranks(search.plan(0))).isEqualTo(Map.of("a", 4, "b", 4));
    }

    @Test
    void onATieTheLargerRankIsTaken() {
        assertThat(ranks(search(1).plan(.625))).isEqualTo(Map.of("a", 2, "b", 1));
        assertThat(ranks(search(1).plan(.0))).containsEntry("b", 4);
    }

    @Test
    void onlyRanksThatRespectTheMultiplicityAreTaken() {
        assertThat(ranks(search(2).plan(1))).isEqualTo(Map.of("a", 2, "b", 2));
        assertThat(ranks(search(2).plan(0))).isEqualTo(Map.of("a", 4, "b", 4));
        assertThat(ranks(search(5).plan(0))).isEmpty();
    }

    @Test
    void layersThatCannotBeSplitKeepTheirReason() {
        Layer blocked = linear("blocked", 10, 10).unsupported("quantised");
        Layer thin = linear("thin", 1, 10);
        Layer ignored = linear("ignored", 10, 10);
        Plan plan = new TarSelector.Search(
                        new ListedProblem(
                                List.of(blocked, thin, ignored), Metric.MAC, "input-channel", Set.of(ignored.id())),
                        (site, option) -> EVEN.applyAsDouble(option.choice().rank()),
                        TarSelectionParameters.withoutTarget())
                .plan(.5);

        assertThat(plan)
                .isEqualTo(new Plan(Map.of(
                        id("blocked"), new Keep("quantised"),
                        id("thin"), new Keep("no rank saves"),
                        id("ignored"), new Keep("ignored"))));
    }

    @Test
    void evaluatesEachPlanThatMeetsTheTargetOnce() {
        // i/8: the ranks of (a, b) are (4, 2), (3, 1), (3, 1), (2, 1), (2, 1), (1, 1), (1, 1), (1, 1).
        List<Map<String, Integer>> evaluated = new ArrayList<>();
        TarSelection selection = search(
                        1, TarSelectionParameters.of(CompressionRatio.of(.4)).withIndices(8))
                .select(OptionalDouble.empty(), plan -> {
                    evaluated.add(ranks(plan));
                    return ranks(plan).get("a");
                });

        assertThat(evaluated).containsExactly(Map.of("a", 3, "b", 1), Map.of("a", 2, "b", 1), Map.of("a", 1, "b", 1));
        assertThat(selection.trials())
                .extracting(TarSelection.Trial::ratio)
                .containsExactly(.6, .4, .4, .3, .3, .2, .2, .2);
        assertThat(selection.trials().get(0).score()).isEmpty();
        assertThat(selection.trials().get(2).score()).hasValue(3);
        assertThat(ranks(selection.plan())).isEqualTo(Map.of("a", 3, "b", 1));
    }

    @Test
    void bisectsTheResidualToUseTheBudget() {
        // Index 1 of 2 is (2, 1): 60 of 200. Residuals from .375 down give (3, 1): 80, from .1875 (4, 2) or more.
        TarSelection selection = search(
                        1, TarSelectionParameters.of(CompressionRatio.of(.4)).withIndices(2))
                .select(OptionalDouble.empty(), plan -> ranks(plan).get("a"));

        assertThat(ranks(selection.trials().get(0).plan())).isEqualTo(Map.of("a", 2, "b", 1));
        assertThat(ranks(selection.plan())).isEqualTo(Map.of("a", 3, "b", 1));
    }

    @Test
    void aMoreCompressedIndexThatScoresBetterIsKept() {
        TarSelection selection = search(
                        1, TarSelectionParameters.of(CompressionRatio.of(.6)).withIndices(4))
                .select(OptionalDouble.empty(), plan -> ranks(plan).equals(Map.of("a", 2, "b", 1)) ? .9 : .8);

        assertThat(ranks(selection.plan())).isEqualTo(Map.of("a", 2, "b", 1));
    }

    @Test
    void withoutATargetWeighsLossAgainstCost() {
        // Cost ratios .4 (3, 1), .3 (2, 1), .2 (1, 1), .2: with baseline .8 the sums are .4, .425, .45 and .45.
        Map<Integer, Double> scores = Map.of(3, .8, 2, .7, 1, .6);
        TarSelection selection = search(
                        1, TarSelectionParameters.withoutTarget().withIndices(4))
                .select(OptionalDouble.of(.8), plan -> scores.get(ranks(plan).get("a")));
        assertThat(ranks(selection.plan())).isEqualTo(Map.of("a", 3, "b", 1));

        // A negative score, such as a negated loss: the sums are 0 + .4, 0 + .3 and 1 + .2.
        TarSelection negative = search(1, TarSelectionParameters.withoutTarget().withIndices(4))
                .select(OptionalDouble.of(-1), plan -> ranks(plan).get("a") == 1 ? -2 : -1);
        assertThat(ranks(negative.plan())).isEqualTo(Map.of("a", 2, "b", 1));
    }

    @Test
    void withoutATargetABaselineIsNeeded() {
        assertThatThrownBy(() ->
                        search(1, TarSelectionParameters.withoutTarget()).select(OptionalDouble.empty(), plan -> 1))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("TAR selection without a target weighs the score against the original's, which must be a"
                        + " number other than 0, found none. Maybe give a target.");
        assertThatThrownBy(
                        () -> search(1, TarSelectionParameters.withoutTarget()).select(OptionalDouble.of(0), plan -> 1))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("TAR selection without a target weighs the score against the original's, which must be a"
                        + " number other than 0, found 0.0. Maybe give a target.");
    }

    @Test
    void anUnreachableTargetNamesTheSmallestRatioAndEvaluatesNothing() {
        UnreachableTargetException error = catchThrowableOfType(
                UnreachableTargetException.class,
                () -> search(1, TarSelectionParameters.of(CompressionRatio.of(.19)))
                        .select(OptionalDouble.empty(), plan -> {
                            throw new AssertionError("evaluated");
                        }));

        assertThat(error.smallestRatio()).hasValue(.2);
    }

    @Test
    void figuresThatAreNoNumbersAreRefused() {
        assertThatThrownBy(() -> search(1, TarSelectionParameters.of(CompressionRatio.of(.5)))
                        .select(OptionalDouble.empty(), plan -> Double.NaN))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("An evaluation gave NaN; scores must be numbers.");
        assertThatThrownBy(() -> new TarSelector.Search(
                        new ListedProblem(List.of(A), Metric.MAC, "input-channel"),
                        (site, option) -> 0.0 / 0,
                        TarSelectionParameters.withoutTarget()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The residual of layer 'a', input-channel rank 1 is NaN; residuals must be numbers.");
    }

    @Test
    void scoresWholeNetworksAndSaysHowMany() {
        ListedProblem problem = new ListedProblem(List.of(A, B), Metric.MEMORY, "input-channel")
                .withErrors(TarSelectorTest::residual)
                .withScores(1, plan -> ranks(plan).get("a"));
        TarSelectionParameters parameters =
                TarSelectionParameters.of(CompressionRatio.of(.4)).withIndices(8);

        assertThat(ranks(new TarSelector(parameters).select(problem))).isEqualTo(Map.of("a", 3, "b", 1));
        assertThat(problem.expected()).containsExactly(List.of(4, 0));
    }

    @Test
    void withoutAnEvaluatorThereIsNoScore() {
        ListedProblem problem = new ListedProblem(List.of(A, B), Metric.MEMORY, "input-channel");
        assertThatThrownBy(() -> new TarSelector(TarSelectionParameters.withoutTarget()).select(problem))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        "TAR selection scores whole networks, and there is no evaluator. Maybe give data to evaluate"
                                + " on.");
    }

    @Test
    void indicesAreTwoToFifty() {
        for (int indices : new int[] {1, 51}) {
            assertThatThrownBy(() -> TarSelectionParameters.withoutTarget().withIndices(indices))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("The number of TAR indices must be 2 … 50, found " + indices + ".");
        }
        assertThat(TarSelectionParameters.withoutTarget().indices()).isEqualTo(20);
    }

    @Property(tries = 300)
    void aPlanNeverExceedsItsTargetAndNoLowerResidualUpToTheNextIndexWouldMeetIt(
            @ForAll("models") List<Layer> layers,
            @ForAll("ratios") CompressionRatio target,
            @ForAll("metrics") Metric metric,
            @ForAll("forms") String form,
            @ForAll @IntRange(min = 2, max = 12) int indices,
            @ForAll long seed) {
        TarSelectionParameters parameters = TarSelectionParameters.of(target).withIndices(indices);
        Map<LayerId, IntToDoubleFunction> residuals = randomResiduals(layers, seed);
        ListedProblem problem = new ListedProblem(layers, metric, form).withMultiplicity(1 + indices % 2);
        TarSelector.Search search = new TarSelector.Search(
                problem,
                (site, option) ->
                        residuals.get(site.id()).applyAsDouble(option.choice().rank()),
                parameters);
        long before = problem.cost(Plan.NONE).of(metric);
        List<Plan> evaluated = new ArrayList<>();

        TarSelection selection;
        try {
            selection = search.select(OptionalDouble.empty(), plan -> {
                evaluated.add(plan);
                return problem.cost(plan).of(metric);
            });
        } catch (UnreachableTargetException e) {
            assertThat(target.admits(problem.cost(search.plan(1)).of(metric), before))
                    .isFalse();
            assertThat(evaluated).isEmpty();
            return;
        }

        assertThat(evaluated)
                .doesNotHaveDuplicates()
                .hasSizeLessThanOrEqualTo(indices)
                .isEqualTo(search.plansToEvaluate());
        long cost = problem.cost(selection.plan()).of(metric);
        assertThat(target.admits(cost, before)).isTrue();
        for (int step = 0; step <= 200; step++) {
            long other = problem.cost(search.plan(step / 200.0)).of(metric);
            assertThat(other <= cost || !target.admits(other, before))
                    .as("residual %s costs %d within the target, chosen %d", step / 200.0, other, cost)
                    .isTrue();
        }
    }

    @Provide
    Arbitrary<List<Layer>> models() {
        return TestLayers.models(5);
    }

    @Provide
    Arbitrary<Metric> metrics() {
        return TestLayers.metrics();
    }

    @Provide
    Arbitrary<String> forms() {
        return TestLayers.forms();
    }

    @Provide
    Arbitrary<CompressionRatio> ratios() {
        return TestLayers.ratios();
    }

    /** Never rising, with plateaus. */
    private static Map<LayerId, IntToDoubleFunction> randomResiduals(List<Layer> layers, long seed) {
        Random random = new Random(seed);
        Map<LayerId, IntToDoubleFunction> residuals = new LinkedHashMap<>();
        for (Layer layer : layers) {
            double base = random.nextDouble();
            int plateau = 1 + random.nextInt(3);
            residuals.put(layer.id(), rank -> Math.pow(base, (double) (rank / plateau)));
        }
        return residuals;
    }

    private static TarSelector.Search search(int multiplicity) {
        return search(multiplicity, TarSelectionParameters.withoutTarget());
    }

    private static TarSelector.Search search(int multiplicity, TarSelectionParameters parameters) {
        return new TarSelector.Search(
                new ListedProblem(List.of(A, B), Metric.MEMORY, "input-channel").withMultiplicity(multiplicity),
                TarSelectorTest::residual,
                parameters);
    }

    private static double residual(Site site, Option option) {
        return RESIDUALS.get(site.id()).applyAsDouble(option.choice().rank());
    }

    private static IntToDoubleFunction curve(double... residuals) {
        return rank -> residuals[rank - 1];
    }

    private static Map<String, Integer> ranks(Plan plan) {
        Map<String, Integer> ranks = new LinkedHashMap<>();
        plan.changes().forEach((layer, split) -> ranks.put(layer.name(), split.rank()));
        return ranks;
    }
}
