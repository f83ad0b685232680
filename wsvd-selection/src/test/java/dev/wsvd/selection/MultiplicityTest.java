package dev.wsvd.selection;

import static dev.wsvd.selection.TestLayers.linear;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.cost.CostModel;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.RankDecision.Split;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.error.InvalidInputException;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class MultiplicityTest {
    /** Saves up to rank 15: 15 · 64 < 1024. */
    private static final Layer SQUARE = linear("square", 32, 32);

    @Test
    void roundsUp() {
        assertThat(round(8, 1)).isEqualTo(8);
        assertThat(round(8, 8)).isEqualTo(8);
        assertThat(round(5, 6)).isEqualTo(10);
        assertThat(round(1, 13)).isEqualTo(13);
    }

    @Test
    void roundsDownWhereUpNoLongerSaves() {
        assertThat(round(8, 9)).isEqualTo(8);
        assertThat(round(8, 40)).isEqualTo(8);
    }

    @Test
    void nothingWhereNoMultipleSaves() {
        assertThat(round(16, 3)).isZero();
        assertThat(round(Integer.MAX_VALUE, 15)).isZero();
    }

    @Test
    void mustBePositive() {
        assertThatThrownBy(() -> new Multiplicity(0))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("A multiplicity must be at least 1, found 0.");
    }

    @Property
    void isAMultipleThatSavesAndTheSmallestSuchAboveTheRankIfThereIsOne(
            @ForAll("layers") Layer layer,
            @ForAll Unfolding unfolding,
            @ForAll CostMetric metric,
            @ForAll @IntRange(min = 1, max = 10) int multiplicity,
            @ForAll @IntRange(min = 1, max = 30) int rank) {
        int expected = 0;
        for (int multiple = multiplicity; expected < rank && saves(layer, unfolding, metric, multiple); ) {
            expected = multiple;
            multiple += multiplicity;
        }

        assertThat(new Multiplicity(multiplicity).round(layer, unfolding, rank, metric))
                .isEqualTo(expected);
    }

    @Provide
    Arbitrary<Layer> layers() {
        return TestLayers.any("layer");
    }

    private static boolean saves(Layer layer, Unfolding unfolding, CostMetric metric, int rank) {
        return rank <= unfolding.maxRank(layer)
                && CostModel.split(layer, new Split(unfolding, rank)).of(metric)
                        < CostModel.dense(layer).of(metric);
    }

    private static int round(int multiplicity, int rank) {
        return new Multiplicity(multiplicity).round(SQUARE, Unfolding.INPUT_CHANNEL, rank, CostMetric.MAC);
    }
}
