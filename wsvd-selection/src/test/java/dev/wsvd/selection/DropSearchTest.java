package dev.wsvd.selection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.ConfidenceInterval;
import dev.wsvd.selection.DropSearch.Trial;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;

/** On curves of the score against the ratio that are known. */
class DropSearchTest {
    private static final Plan PLAN = Plan.NONE;
    private static final double SMALLEST = 0.015;

    private final List<Double> asked = new ArrayList<>();

    @Property(tries = 500)
    void ofARisingCurveItFindsTheEdge(
            @ForAll @DoubleRange(min = 0.02, max = 0.97) double edge,
            @ForAll @DoubleRange(min = 0.01, max = 5) double steepness) {
        DropSearchResult found =
                exact(0.01, ratio -> ratio == 1 ? 0.9 : 0.9 - 0.01 * Math.pow(edge / ratio, steepness));

        assertThat(found.chosen().orElseThrow().ratio()).isBetween(edge, edge * 1.2);
        assertThat(found.tried()).hasSizeLessThanOrEqualTo(DropSearch.MOST_TRIALS);
        if (edge > 0.05) {
            assertThat(found.chosen().orElseThrow().ratio()).isLessThan(edge / 0.97);
        }
    }

    @Property(tries = 500)
    void whatIsChosenAndAllThatIsLargerKeepsTheScoreWhateverTheCurve(@ForAll long seed) {
        Random random = new Random(seed);
        DropSearchResult found = exact(0.3, ratio -> ratio == 1 ? 0.9 : 0.9 - 0.6 * random.nextDouble());

        assertThat(found.tried()).hasSizeLessThanOrEqualTo(DropSearch.MOST_TRIALS);
        found.chosen()
                .ifPresent(chosen -> assertThat(found.tried())
                        .filteredOn(trial -> trial.ratio() >= chosen.ratio())
                        .allMatch(trial -> trial.score() >= 0.6 - 1e-9));
    }

    @Property(tries = 500)
    void ofNoisyScoresWithIntervalsItIsNeverFarBeyondTheEdge(
            @ForAll long seed, @ForAll @DoubleRange(min = 0.1, max = 0.8) double edge) {
        Random random = new Random(seed);
        double error = 0.003;
        DropSearchResult found = DropSearch.below(0.9, 0.01, SMALLEST, ratio -> {
            double drop = 0.01 * edge / ratio + error * random.nextGaussian();
            return Optional.of(trial(ratio, 0.9 - drop, drop, 2 * error));
        });

        found.chosen().ifPresent(chosen -> {
            assertThat(chosen.score()).isGreaterThanOrEqualTo(0.89 - 1e-9);
            // There the drop is 0.022, four standard errors above what is allowed.
            assertThat(chosen.ratio()).isGreaterThan(edge / 2.2);
        });
    }

    @Test
    void comesFromTheOriginalsSide() {
        exact(0.01, ratio -> 0.9 - (ratio > 0.8 ? 0 : 1));

        assertThat(asked.get(0)).isEqualTo(0.875);
        assertThat(asked.get(1)).isEqualTo(0.75);
        assertThat(asked.subList(2, asked.size()))
                .allMatch(ratio -> ratio > 0.75 && ratio < 0.875)
                .hasSize(3);
    }

    @Test
    void goesDownToTheSmallest() {
        DropSearchResult found = exact(0, ratio -> 0.9);

        assertThat(asked).containsExactly(0.875, 0.75, 0.5, 0.25, 0.125, 0.0625, 0.03125, SMALLEST);
        assertThat(found.chosen().orElseThrow().ratio()).isEqualTo(SMALLEST);
        assertThat(found.smaller()).isEmpty();
        assertThat(found.larger().orElseThrow().ratio()).isEqualTo(0.03125);
        assertThat(found.cliff()).isEmpty();
    }

    @Test
    void whereNothingKeepsTheScoreItHasLookedCloseToTheOriginal() {
        DropSearchResult found = exact(0.01, ratio -> ratio > 0.99 ? 0.9 : ratio - 0.2);

        assertThat(found.chosen()).isEmpty();
        assertThat(found.sure()).isEmpty();
        assertThat(found.larger()).isEmpty();
        assertThat(found.best().orElseThrow().ratio()).isBetween(0.975, 0.99);
    }

    @Test
    void aPassBeyondAClearFailureDoesNotCount() {
        DropSearchResult found = exact(0.01, ratio -> ratio > 0.8 || ratio < 0.6 ? 0.9 : 0.8);

        assertThat(found.chosen().orElseThrow().ratio()).isCloseTo(0.8, within(0.025));
    }

    @Test
    void aFailureInDoubtIsLookedBeyond() {
        // Allowed is 0.010: 0.75 misses it by a hair, 0.5 keeps it.
        DropSearchResult found = noisy(ratio -> ratio == 0.75 ? 0.011 : ratio > 0.4 ? 0.008 : 0.1);

        assertThat(asked.subList(0, 4)).containsExactly(0.875, 0.75, 0.5, 0.25);
        assertThat(found.chosen().orElseThrow().ratio()).isCloseTo(0.4, within(0.012));
    }

    @Test
    void aPassBeyondAFailureInDoubtDoesNotCountIfTheTwoTogetherFail() {
        DropSearchResult found = noisy(ratio -> ratio > 0.8 ? 0.001 : ratio > 0.6 ? 0.014 : 0.009);

        assertThat(asked.subList(0, 3)).containsExactly(0.875, 0.75, 0.5);
        assertThat(found.chosen().orElseThrow().ratio()).isCloseTo(0.8, within(0.025));
    }

    @Test
    void aFailureInDoubtIsTheEndIfTheNextFailsToo() {
        DropSearchResult found = noisy(ratio -> ratio > 0.8 ? 0.001 : 0.011);

        assertThat(asked.subList(0, 3)).containsExactly(0.875, 0.75, 0.5);
        assertThat(asked.subList(3, asked.size())).allMatch(ratio -> ratio > 0.75);
        assertThat(found.chosen().orElseThrow().ratio()).isCloseTo(0.8, within(0.025));
    }

    @Test
    void withinOtherLimitsTheLargestIsTriedFirst() {
        DropSearchResult found = DropSearch.within(
                0.9, 0.01, 0.6, SMALLEST, ratio -> Optional.of(trialWithoutInterval(ratio, ratio > 0.4 ? 0.9 : 0.5)));
        DropSearchResult none =
                DropSearch.within(0.9, 0.01, 0.6, SMALLEST, ratio -> Optional.of(trialWithoutInterval(ratio, 0.5)));

        assertThat(found.tried().get(0).ratio()).isEqualTo(0.6);
        assertThat(found.tried().get(1).ratio()).isCloseTo(0.525, within(1e-12));
        assertThat(found.chosen().orElseThrow().ratio()).isCloseTo(0.4, within(0.011));
        assertThat(none.tried()).hasSize(1);
        assertThat(none.chosen()).isEmpty();
    }

    @Test
    void aRatioThatNoPlanKeepsWithinEndsTheWayDown() {
        DropSearchResult found = DropSearch.below(
                0.9,
                0.01,
                SMALLEST,
                ratio -> ratio < 0.3 ? Optional.empty() : Optional.of(trialWithoutInterval(ratio, 0.9)));

        assertThat(found.chosen().orElseThrow().ratio()).isCloseTo(0.3, within(0.01));
    }

    @Test
    void plansThatAreFarApartInCostEndTheSearch() {
        DropSearchResult found = DropSearch.below(0.9, 0.01, 0.1, ratio -> {
            double real = ratio >= 0.7 ? 0.7 : 0.1;
            return Optional.of(trialWithoutInterval(real, real > 0.5 ? 0.9 : 0.2));
        });

        assertThat(found.chosen().orElseThrow().ratio()).isEqualTo(0.7);
        assertThat(found.smaller().orElseThrow().ratio()).isEqualTo(0.1);
        assertThat(found.cliff()).isEmpty();
    }

    @Test
    void aCliffIsSeen() {
        DropSearchResult found = exact(0.01, ratio -> ratio > 0.0765 ? 1 : 0.9575);

        assertThat(found.chosen().orElseThrow().ratio()).isCloseTo(0.0765, within(0.002));
        assertThat(found.smaller().orElseThrow().score()).isEqualTo(0.9575);
        assertThat(found.cliff()).isEqualTo(found.smaller());
        assertThat(exact(0.03, ratio -> ratio > 0.0765 ? 1 : 0.9575).cliff()).isEmpty();
        assertThat(exact(0.01, ratio -> Math.sqrt(ratio)).cliff()).isEmpty();
    }

    @Test
    void aFallThatTheSamplesDoNotShowIsNoCliff() {
        DropSearchResult found = noisy(ratio -> ratio > 0.8 ? 0.005 : 0.016);

        assertThat(found.smaller()).isPresent();
        assertThat(found.cliff()).isEmpty();
    }

    @Test
    void theSmallestThatIsSureIsLargerThanTheSmallestFound() {
        // Half of the interval is 0.01, so a drop of 0 is sure.
        DropSearchResult found = noisy(ratio -> ratio > 0.7 ? 0 : ratio > 0.4 ? 0.009 : 0.1);

        assertThat(found.chosen().orElseThrow().ratio()).isCloseTo(0.4, within(0.012));
        assertThat(found.sure().orElseThrow().ratio()).isEqualTo(0.75);
        assertThat(found.tried()).isSortedAccordingTo(Comparator.comparingInt(trial -> asked.indexOf(trial.ratio())));
    }

    private DropSearchResult exact(double maxDrop, DoubleUnaryOperator score) {
        return DropSearch.below(score.applyAsDouble(1), maxDrop, SMALLEST, ratio -> {
            asked.add(ratio);
            return Optional.of(trialWithoutInterval(ratio, score.applyAsDouble(ratio)));
        });
    }

    /** A drop of 0.01 is allowed, and known to ± 0.01. */
    private DropSearchResult noisy(DoubleUnaryOperator drop) {
        return DropSearch.below(0.9, 0.01, SMALLEST, ratio -> {
            asked.add(ratio);
            return Optional.of(trial(ratio, 0.9 - drop.applyAsDouble(ratio), drop.applyAsDouble(ratio), 0.01));
        });
    }

    private static Trial trialWithoutInterval(double ratio, double score) {
        return new Trial(PLAN, ratio, score, Optional.empty());
    }

    private static Trial trial(double ratio, double score, double drop, double half) {
        return new Trial(PLAN, ratio, score, Optional.of(new ConfidenceInterval(drop - half, drop + half)));
    }
}
