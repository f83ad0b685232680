package dev.wsvd.selection;

import static dev.wsvd.selection.TestLayers.blocked;
import static dev.wsvd.selection.TestLayers.id;
import static dev.wsvd.selection.TestLayers.linear;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.cost.CostModel;
import dev.wsvd.domain.Candidate;
import dev.wsvd.domain.CompressionRatio;
import dev.wsvd.domain.Cost;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.error.InvalidInputException;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class CandidateRanksTest {
    private static final Unfolding UNFOLDING = Unfolding.INPUT_CHANNEL;

    @Test
    void oneOptionPerDistinctRankWithTheLargestRatioThatLeadsToIt() {
        // Rank r costs 10 r of 24 weights: ratios 0.1 … 0.4 allow none, 0.5 … 0.8 rank 1, 0.9 rank 2.
        Layer layer = linear("fc", 4, 6);

        assertThat(candidates(10, 1).of(layer))
                .containsExactly(
                        new CandidateOption(
                                new Candidate(id("fc"), UNFOLDING, 1), CompressionRatio.of(0.8), new Cost(10, 10)),
                        new CandidateOption(
                                new Candidate(id("fc"), UNFOLDING, 2), CompressionRatio.of(0.9), new Cost(20, 20)));
    }

    @Test
    void ranksAreRoundedByTheMultiplicity() {
        // Saves up to rank 15; ratios of a quarter give 4, 8, 12.
        Layer layer = linear("fc", 32, 32);

        assertThat(candidates(4, 1).of(layer))
                .extracting(CandidateRanksTest::rank)
                .containsExactly(4, 8, 12);
        assertThat(candidates(4, 8).of(layer))
                .extracting(CandidateRanksTest::rank)
                .containsExactly(8);
        assertThat(candidates(4, 8).of(layer).get(0).ratio()).isEqualTo(CompressionRatio.of(0.75));
        assertThat(candidates(4, 16).of(layer)).isEmpty();
    }

    @Test
    void noneForALayerThatCannotBeSplitOrSavesNothing() {
        assertThat(candidates(10, 1).of(blocked("fc", 32, 32, "quantised"))).isEmpty();
        assertThat(candidates(10, 1).of(linear("fc", 1, 32))).isEmpty();
    }

    @Test
    void twoCandidateCountsAreTheFewest() {
        assertThat(candidates(2, 1).of(linear("fc", 32, 32)))
                .extracting(CandidateRanksTest::rank)
                .containsExactly(8);
        assertThatThrownBy(() -> candidates(1, 1))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The number of candidates must be at least 2, found 1. Candidate ratios are i/N for i = 1 …"
                        + " N − 1.");
        assertThatThrownBy(() ->
                        GreedySelectionParameters.of(CompressionRatio.of(0.5)).withCandidates(1))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The number of candidates must be at least 2, found 1. Candidate ratios are i/N for i = 1 …"
                        + " N − 1.");
    }

    @Property
    void optionsRiseAndSave(
            @ForAll("layers") Layer layer,
            @ForAll Unfolding unfolding,
            @ForAll CostMetric metric,
            @ForAll @IntRange(min = 2, max = 12) int count,
            @ForAll @IntRange(min = 1, max = 8) int multiplicity) {
        List<CandidateOption> options =
                new CandidateRanks(count, metric, unfolding, new Multiplicity(multiplicity)).of(layer);

        int rank = 0;
        for (CandidateOption option : options) {
            assertThat(option.candidate().layer()).isEqualTo(layer.id());
            assertThat(rank(option)).isGreaterThan(rank).isLessThanOrEqualTo(unfolding.maxRank(layer));
            assertThat(rank(option) % multiplicity).isZero();
            assertThat(option.cost())
                    .isEqualTo(CostModel.split(layer, option.candidate().split()));
            assertThat(option.cost().of(metric))
                    .isLessThan(CostModel.dense(layer).of(metric));
            rank = rank(option);
        }
    }

    @Provide
    Arbitrary<Layer> layers() {
        return TestLayers.any("layer");
    }

    private static int rank(CandidateOption option) {
        return option.candidate().split().rank();
    }

    private static CandidateRanks candidates(int count, int multiplicity) {
        return new CandidateRanks(count, CostMetric.MEMORY, UNFOLDING, new Multiplicity(multiplicity));
    }
}
