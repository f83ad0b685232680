package dev.wsvd.selection;

import static dev.wsvd.selection.TestLayers.blocked;
import static dev.wsvd.selection.TestLayers.id;
import static dev.wsvd.selection.TestLayers.linear;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.wsvd.cost.CostModel;
import dev.wsvd.domain.CompressionRatio;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.RankDecision.KeepDense;
import dev.wsvd.domain.RankPlan;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.UnreachableTargetException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
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
        TarSelector selector = selector(1);

        assertThat(ranks(selector.plan(1))).isEqualTo(Map.of("a", 1, "b", 1));
        assertThat(ranks(selector.plan(.45))).isEqualTo(Map.of("a", 2, "b", 1));
        assertThat(ranks(selector.plan(.2))).isEqualTo(Map.of("a", 3, "b", 1));
        assertThat(ranks(selector.plan(0))).isEqualTo(Map.of("a", 4, "b", 4));
    }

    @Test
    void onATieTheLargerRankIsTaken() {
        assertThat(ranks(selector(1).plan(.625))).isEqualTo(Map.of("a", 2, "b", 1));
        assertThat(ranks(selector(1).plan(.0))).containsEntry("b", 4);
    }

    @Test
    void onlyRanksThatRespectTheMultiplicityAreTaken() {
        assertThat(ranks(selector(2).plan(1))).isEqualTo(Map.of("a", 2, "b", 2));
        assertThat(ranks(selector(2).plan(0))).isEqualTo(Map.of("a", 4, "b", 4));
        assertThat(ranks(selector(5).plan(0))).isEmpty();
    }

    @Test
    void layersThatCannotBeSplitKeepTheirReason() {
        Layer blocked = blocked("blocked", 10, 10, "quantised");
        Layer thin = linear("thin", 1, 10);
        Layer ignored = linear("ignored", 10, 10);
        RankPlan plan = new TarSelector(
                        List.of(blocked, thin, ignored),
                        CostMetric.MAC,
                        Unfolding.INPUT_CHANNEL,
                        Multiplicity.ONE,
                        Map.of(blocked.id(), EVEN, thin.id(), EVEN))
                .plan(.5);

        assertThat(plan)
                .isEqualTo(new RankPlan(Map.of(
                        id("blocked"), new KeepDense("quantised"),
                        id("thin"), new KeepDense("no rank saves"),
                        id("ignored"), new KeepDense("ignored"))));
    }

    @Test
    void evaluatesEachPlanThatMeetsTheTargetOnce() {
        // i/8: the ranks of (a, b) are (4, 2), (3, 1), (3, 1), (2, 1), (2, 1), (1, 1), (1, 1), (1, 1).
        List<Map<String, Integer>> evaluated = new ArrayList<>();
        TarSelection selection = selector(1)
                .select(
                        TarSelectionParameters.of(CompressionRatio.of(.4)).withIndices(8),
                        OptionalDouble.empty(),
                        plan -> {
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
        TarSelection selection = selector(1)
                .select(
                        TarSelectionParameters.of(CompressionRatio.of(.4)).withIndices(2),
                        OptionalDouble.empty(),
                        plan -> ranks(plan).get("a"));

        assertThat(ranks(selection.trials().get(0).plan())).isEqualTo(Map.of("a", 2, "b", 1));
        assertThat(ranks(selection.plan())).isEqualTo(Map.of("a", 3, "b", 1));
    }

    @Test
    void aMoreCompressedIndexThatScoresBetterIsKept() {
        TarSelection selection = selector(1)
                .select(
                        TarSelectionParameters.of(CompressionRatio.of(.6)).withIndices(4),
                        OptionalDouble.empty(),
                        plan -> ranks(plan).equals(Map.of("a", 2, "b", 1)) ? .9 : .8);

        assertThat(ranks(selection.plan())).isEqualTo(Map.of("a", 2, "b", 1));
    }

    @Test
    void withoutATargetWeighsLossAgainstCost() {
        // Cost ratios .4 (3, 1), .3 (2, 1), .2 (1, 1), .2: with baseline .8 the sums are .4, .425, .45 and .45.
        Map<Integer, Double> scores = Map.of(3, .8, 2, .7, 1, .6);
        TarSelection selection = selector(1)
                .select(
                        TarSelectionParameters.withoutTarget().withIndices(4),
                        OptionalDouble.of(.8),
                        plan -> scores.get(ranks(plan).get("a")));
        assertThat(ranks(selection.plan())).isEqualTo(Map.of("a", 3, "b", 1));

        // A negative score, such as a negated loss: the sums are 0 + .4, 0 + .3 and 1 + .2.
        TarSelection negative = selector(1)
                .select(
                        TarSelectionParameters.withoutTarget().withIndices(4),
                        OptionalDouble.of(-1),
                        plan -> ranks(plan).get("a") == 1 ? -2 : -1);
        assertThat(ranks(negative.plan())).isEqualTo(Map.of("a", 2, "b", 1));
    }

    @Test
    void withoutATargetABaselineIsNeeded() {
        assertThatThrownBy(() ->
                        selector(1).select(TarSelectionParameters.withoutTarget(), OptionalDouble.empty(), plan -> 1))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("TAR selection without a target weighs the score against the original's, which must be a"
                        + " number other than 0, found none. Maybe give a target.");
        assertThatThrownBy(() ->
                        selector(1).select(TarSelectionParameters.withoutTarget(), OptionalDouble.of(0), plan -> 1))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("TAR selection without a target weighs the score against the original's, which must be a"
                        + " number other than 0, found 0.0. Maybe give a target.");
    }

    @Test
    void anUnreachableTargetNamesTheSmallestRatioAndEvaluatesNothing() {
        UnreachableTargetException error = catchThrowableOfType(
                UnreachableTargetException.class,
                () -> selector(1)
                        .select(TarSelectionParameters.of(CompressionRatio.of(.19)), OptionalDouble.empty(), plan -> {
                            throw new AssertionError("evaluated");
                        }));

        assertThat(error.smallestRatio()).hasValue(.2);
    }

    @Test
    void figuresThatAreNoNumbersAreRefused() {
        assertThatThrownBy(() -> selector(1)
                        .select(
                                TarSelectionParameters.of(CompressionRatio.of(.5)),
                                OptionalDouble.empty(),
                                plan -> Double.NaN))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("An evaluation gave NaN; scores must be numbers.");
        assertThatThrownBy(() -> new TarSelector(
                        List.of(A),
                        CostMetric.MAC,
                        Unfolding.INPUT_CHANNEL,
                        Multiplicity.ONE,
                        Map.of(A.id(), rank -> 0.0 / 0)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The residual of layer 'a', input-channel rank 1 is NaN; residuals must be numbers.");
    }

    @Test
    void residualsOfALayerThatIsNotThereAreRefused() {
        assertThatThrownBy(() -> new TarSelector(
                        List.of(A), CostMetric.MAC, Unfolding.INPUT_CHANNEL, Multiplicity.ONE, Map.of(B.id(), EVEN)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The model has no layer 'b'. Maybe 'a' was meant.");
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
            @ForAll CostMetric metric,
            @ForAll Unfolding unfolding,
            @ForAll @IntRange(min = 2, max = 12) int indices,
            @ForAll long seed) {
        TarSelectionParameters parameters = TarSelectionParameters.of(target).withIndices(indices);
        TarSelector selector = new TarSelector(
                layers, metric, unfolding, new Multiplicity(1 + indices % 2), randomResiduals(layers, seed));
        long before = CostModel.of(layers).of(metric);
        List<RankPlan> evaluated = new ArrayList<>();

        TarSelection selection;
        try {
            selection = selector.select(parameters, OptionalDouble.empty(), plan -> {
                evaluated.add(plan);
                return CostModel.of(layers, plan).of(metric);
            });
        } catch (UnreachableTargetException e) {
            assertThat(target.admits(CostModel.of(layers, selector.plan(1)).of(metric), before))
                    .isFalse();
            assertThat(evaluated).isEmpty();
            return;
        }

        assertThat(evaluated)
                .doesNotHaveDuplicates()
                .hasSizeLessThanOrEqualTo(indices)
                .isEqualTo(selector.plansToEvaluate(parameters));
        long cost = CostModel.of(layers, selection.plan()).of(metric);
        assertThat(target.admits(cost, before)).isTrue();
        for (int step = 0; step <= 200; step++) {
            long other = CostModel.of(layers, selector.plan(step / 200.0)).of(metric);
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

    private static TarSelector selector(int multiplicity) {
        return new TarSelector(
                List.of(A, B), CostMetric.MEMORY, Unfolding.INPUT_CHANNEL, new Multiplicity(multiplicity), RESIDUALS);
    }

    private static IntToDoubleFunction curve(double... residuals) {
        return rank -> residuals[rank - 1];
    }

    private static Map<String, Integer> ranks(RankPlan plan) {
        Map<String, Integer> ranks = new LinkedHashMap<>();
        plan.splits().forEach((layer, split) -> ranks.put(layer.name(), split.rank()));
        return ranks;
    }
}
