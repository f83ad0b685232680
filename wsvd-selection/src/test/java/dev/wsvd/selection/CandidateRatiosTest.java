package dev.wsvd.selection;

import static dev.wsvd.selection.TestLayers.linear;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Site;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

/** Candidate ratios, and the rounding of ranks by the multiplicity. */
class CandidateRatiosTest {
    private static final String FORM = "input-channel";

    /** Saves up to rank 15: 15 · 64 < 1024. */
    private static final Layer SQUARE = linear("square", 32, 32);

    private static final Layer TWENTY = linear("twenty", 10, 20);

    @Test
    void oneOptionPerDistinctRankWithTheLargestRatioThatLeadsToIt() {
        // Rank r costs 10 r of 24 weights: ratios 0.1 … 0.4 allow none, 0.5 … 0.8 rank 1, 0.9 rank 2.
        Layer layer = linear("fc", 4, 6);

        assertThat(candidates(layer, 10, 1))
                .containsExactly(
                        Map.entry(new Option(Choice.of(FORM, 1), cost(10)), CompressionRatio.of(0.8)),
                        Map.entry(new Option(Choice.of(FORM, 2), cost(20)), CompressionRatio.of(0.9)));
    }

    @Test
    void ranksAreRoundedByTheMultiplicity() {
        // Ratios of a quarter give 4, 8, 12.
        assertThat(ranks(candidates(SQUARE, 4, 1))).containsExactly(4, 8, 12);
        assertThat(ranks(candidates(SQUARE, 4, 8))).containsExactly(8);
        assertThat(candidates(SQUARE, 4, 8).values()).containsExactly(CompressionRatio.of(0.75));
        assertThat(candidates(SQUARE, 4, 16)).isEmpty();
    }

    @Test
    void noneForALayerThatIsUnsupportedOrSavesNothing() {
        assertThat(candidates(linear("fc", 32, 32).unsupported("quantised"), 10, 1))
                .isEmpty();
        assertThat(candidates(linear("fc", 1, 32), 10, 1)).isEmpty();
    }

    @Test
    void twoCandidateCountsAreTheFewest() {
        assertThat(ranks(candidates(SQUARE, 2, 1))).containsExactly(8);
        assertThatThrownBy(() ->
                        GreedySelectionParameters.of(CompressionRatio.of(0.5)).withCandidates(1))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The number of candidates must be at least 2, found 1. Candidate ratios are i/N for i = 1 …"
                        + " N − 1.");
    }

    @Test
    void aRatioThatIsMetExactlyIsMet() {
        // 30 r ≤ 0.45 · 200 = 90: binary floating point would lose rank 3 to rounding at some ratios.
        assertThat(rankFor(TWENTY, CompressionRatio.of(0.45))).hasValue(3);
        assertThat(rankFor(TWENTY, new CompressionRatio(449_999_999, 1_000_000_000)))
                .hasValue(2);
    }

    @Test
    void noRankForARatioBelowRankOne() {
        assertThat(rankFor(TWENTY, CompressionRatio.of(0.15))).hasValue(1);
        assertThat(rankFor(TWENTY, CompressionRatio.of(0.149))).isEmpty();
    }

    @Test
    void roundsUp() {
        assertThat(round(8, 1)).hasValue(8);
        assertThat(round(8, 8)).hasValue(8);
        assertThat(round(5, 6)).hasValue(10);
        assertThat(round(1, 13)).hasValue(13);
    }

    @Test
    void roundsDownWhereUpNoLongerSaves() {
        assertThat(round(8, 9)).hasValue(8);
        assertThat(round(8, 15)).hasValue(8);
    }

    @Test
    void nothingWhereNoMultipleSaves() {
        assertThat(round(16, 3)).isEmpty();
        assertThat(round(Integer.MAX_VALUE, 15)).isEmpty();
    }

    @Test
    void multiplicitiesArePositive() {
        assertThatThrownBy(() -> new Multiplicity(0))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("A multiplicity must be at least 1, found 0.");
    }

    /** The rule in ranks: the largest within the ratio, rounded up to a multiple, but at most the largest multiple that saves. */
    @Property
    void candidatesAreThoseOfTheRuleInRanks(
            @ForAll("layers") Layer layer,
            @ForAll("forms") String form,
            @ForAll("metrics") Metric metric,
            @ForAll @IntRange(min = 2, max = 12) int count,
            @ForAll @IntRange(min = 1, max = 8) int multiplicity) {
        ListedProblem problem = new ListedProblem(List.of(layer), metric, form).withMultiplicity(multiplicity);
        Site site = problem.sites().get(0);
        Map<Integer, CompressionRatio> expected = new LinkedHashMap<>();
        for (int i = 1; layer.supported() && i < count; i++) {
            CompressionRatio ratio = new CompressionRatio(i, count);
            int within = largestRank(layer, form, metric, ratio.numerator(), ratio.denominator());
            int saves = largestSavingRank(layer, form, metric) / multiplicity * multiplicity;
            int rounded = Math.min((within + multiplicity - 1) / multiplicity * multiplicity, saves);
            if (within > 0 && rounded > 0) {
                expected.put(rounded, ratio);
            }
        }

        Map<Option, CompressionRatio> found =
                CandidateRatios.of(count, site.cost(), problem.series(site), problem.multiples(site), metric);

        assertThat(ranks(found)).containsExactlyElementsOf(expected.keySet());
        assertThat(found.values()).containsExactlyElementsOf(expected.values());
        assertThat(found.keySet())
                .allSatisfy(option -> assertThat(option.cost()).isEqualTo(problem.cost(site, option.choice())));
    }

    @Property
    void roundingGivesTheFirstMultipleFromTheRankOnThatSavesElseTheLast(
            @ForAll("layers") Layer layer,
            @ForAll("forms") String form,
            @ForAll("metrics") Metric metric,
            @ForAll @IntRange(min = 1, max = 10) int multiplicity) {
        ListedProblem problem = new ListedProblem(List.of(layer), metric, form).withMultiplicity(multiplicity);
        Site site = problem.sites().get(0);
        int largest = problem.series(site).size();
        for (Option option : problem.series(site)) {
            int expected = 0;
            for (int multiple = multiplicity; expected < option.choice().rank() && multiple <= largest; ) {
                expected = multiple;
                multiple += multiplicity;
            }
            assertThat(Rounding.of(option, problem.multiples(site), metric)
                            .map(rounded -> rounded.choice().rank())
                            .orElse(0))
                    .isEqualTo(expected);
        }
    }

    @Property
    void theLargestWithinARatioIsTheLargestRankThatFits(
            @ForAll("layers") Layer layer,
            @ForAll("forms") String form,
            @ForAll("metrics") Metric metric,
            @ForAll @LongRange(min = 2, max = 1_000) long denominator,
            @ForAll @LongRange(min = 1, max = 1_000) long numerator) {
        CompressionRatio ratio = new CompressionRatio(1 + numerator % (denominator - 1), denominator);
        ListedProblem problem = new ListedProblem(List.of(layer), metric, form);
        Site site = problem.sites().get(0);
        int largest = layer.supported() ? largestRank(layer, form, metric, ratio.numerator(), ratio.denominator()) : 0;

        assertThat(CandidateRatios.largestWithin(ratio, site.cost(), problem.series(site), metric)
                        .map(option -> option.choice().rank())
                        .orElse(0))
                .isEqualTo(largest);
    }

    /** Any rank of the matrix, counted in integers of any size. */
    private static int largestRank(Layer layer, String form, Metric metric, long numerator, long denominator) {
        BigInteger allowed =
                BigInteger.valueOf(ListedProblem.COSTS.of(layer).of(metric)).multiply(BigInteger.valueOf(numerator));
        return ListedProblem.SCHEMES.of(form).choices(layer, form, 1).stream()
                .filter(choice ->
                        BigInteger.valueOf(ListedProblem.COSTS.of(layer, choice).of(metric))
                                        .multiply(BigInteger.valueOf(denominator))
                                        .compareTo(allowed)
                                <= 0)
                .mapToInt(Choice::rank)
                .max()
                .orElse(0);
    }

    private static int largestSavingRank(Layer layer, String form, Metric metric) {
        long before = ListedProblem.COSTS.of(layer).of(metric);
        return largestRank(layer, form, metric, before - 1, before);
    }

    @Provide
    Arbitrary<Layer> layers() {
        return TestLayers.any("layer");
    }

    @Provide
    Arbitrary<String> forms() {
        return TestLayers.forms();
    }

    @Provide
    Arbitrary<Metric> metrics() {
        return TestLayers.metrics();
    }

    private static Map<Option, CompressionRatio> candidates(Layer layer, int count, int multiplicity) {
        ListedProblem problem = new ListedProblem(List.of(layer), Metric.MEMORY, FORM).withMultiplicity(multiplicity);
        Site site = problem.sites().get(0);
        return CandidateRatios.of(count, site.cost(), problem.series(site), problem.multiples(site), Metric.MEMORY);
    }

    private static List<Integer> ranks(Map<Option, CompressionRatio> candidates) {
        return candidates.keySet().stream()
                .map(option -> option.choice().rank())
                .toList();
    }

    private static Optional<Integer> rankFor(Layer layer, CompressionRatio ratio) {
        ListedProblem problem = new ListedProblem(List.of(layer), Metric.MEMORY, FORM);
        Site site = problem.sites().get(0);
        return CandidateRatios.largestWithin(ratio, site.cost(), problem.series(site), Metric.MEMORY)
                .map(option -> option.choice().rank());
    }

    private static Optional<Integer> round(int multiplicity, int rank) {
        ListedProblem problem = new ListedProblem(List.of(SQUARE), Metric.MAC, FORM).withMultiplicity(multiplicity);
        Site site = problem.sites().get(0);
        return Rounding.of(problem.series(site).get(rank - 1), problem.multiples(site), Metric.MAC)
                .map(option -> option.choice().rank());
    }

    /** Of float32 weights that are used once each. */
    private static Cost cost(long weights) {
        return new Cost(Map.of(Metric.MAC, weights, Metric.MEMORY, weights, Metric.BYTES, 4 * weights));
    }
}
