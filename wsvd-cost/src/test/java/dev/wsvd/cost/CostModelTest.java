package dev.wsvd.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.CompressionRatio;
import dev.wsvd.domain.ConvLayer;
import dev.wsvd.domain.Cost;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.LinearLayer;
import dev.wsvd.domain.RankDecision.KeepDense;
import dev.wsvd.domain.RankDecision.Split;
import dev.wsvd.domain.RankPlan;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.WeightShape;
import dev.wsvd.domain.error.InvalidInputException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CostModelTest {
    /** Stride 2 without padding: 10×10 in, 4×4 out, so P_in = 100 is not P_out · stride². */
    private static final Layer STRIDED = conv("strided", new WeightShape(6, 4, List.of(3, 3)), 1, 10, 4);

    private static final Layer GROUPED = conv("grouped", new WeightShape(6, 4, List.of(3, 3)), 2, 8, 8);

    private static final Layer LINEAR = new LinearLayer(
            new LayerId("linear"),
            WeightShape.linear(10, 20),
            List.of(1L, 7L, 20L),
            List.of(1L, 7L, 10L),
            Optional.empty());

    @Test
    void denseCostIsWeightElementsTimesOutputPositions() {
        assertThat(CostModel.dense(STRIDED)).isEqualTo(new Cost(6 * 4 * 9 * 16, 6 * 4 * 9));
        assertThat(CostModel.dense(GROUPED)).isEqualTo(new Cost(6 * 4 * 9 * 64, 6 * 4 * 9));
        assertThat(CostModel.dense(LINEAR)).isEqualTo(new Cost(10 * 20 * 7, 10 * 20));
    }

    @Test
    void inputChannelSplitRunsItsFirstLayerOnTheTrueInputPositions() {
        assertThat(CostModel.split(STRIDED, new Split(Unfolding.INPUT_CHANNEL, 2)))
                .isEqualTo(new Cost(2 * 4 * 100 + 2 * 6 * 9 * 16, 2 * (4 + 6 * 9)));
    }

    @Test
    void outputChannelSplitRunsBothLayersOnTheOutputPositions() {
        assertThat(CostModel.split(STRIDED, new Split(Unfolding.OUTPUT_CHANNEL, 2)))
                .isEqualTo(new Cost(2 * (4 * 9 + 6) * 16, 2 * (4 * 9 + 6)));
    }

    @Test
    void rankOfAGroupedConvIsPerGroup() {
        assertThat(CostModel.split(GROUPED, new Split(Unfolding.INPUT_CHANNEL, 2)))
                .isEqualTo(new Cost(2 * 2 * (4 + 3 * 9) * 64, 2 * 2 * (4 + 3 * 9)));
        assertThat(CostModel.split(GROUPED, new Split(Unfolding.OUTPUT_CHANNEL, 2)))
                .isEqualTo(new Cost(2 * 2 * (4 * 9 + 3) * 64, 2 * 2 * (4 * 9 + 3)));
    }

    @Test
    void modelCostCountsEveryLayerSplitOrNot() {
        List<Layer> model = List.of(STRIDED, GROUPED, LINEAR);
        Split split = new Split(Unfolding.OUTPUT_CHANNEL, 3);
        RankPlan plan = new RankPlan(Map.of(LINEAR.id(), split, STRIDED.id(), new KeepDense("ignored")));

        assertThat(CostModel.of(model))
                .isEqualTo(
                        CostModel.dense(STRIDED).plus(CostModel.dense(GROUPED)).plus(CostModel.dense(LINEAR)));
        assertThat(CostModel.of(model, plan))
                .isEqualTo(
                        CostModel.dense(STRIDED).plus(CostModel.dense(GROUPED)).plus(new Cost(3 * 30 * 7, 3 * 30)));
        assertThat(CostModel.of(List.<Layer>of())).isEqualTo(Cost.ZERO);
    }

    @Test
    void aRatioThatIsMetExactlyIsMet() {
        // 30 r ≤ 0.45 · 200 = 90: binary floating point would lose rank 3 to rounding at some ratios.
        assertThat(CostModel.rankFor(LINEAR, Unfolding.INPUT_CHANNEL, CompressionRatio.of(0.45), CostMetric.MEMORY))
                .hasValue(3);
        assertThat(CostModel.rankFor(
                        LINEAR,
                        Unfolding.INPUT_CHANNEL,
                        new CompressionRatio(449_999_999, 1_000_000_000),
                        CostMetric.MEMORY))
                .hasValue(2);
    }

    @Test
    void noRankForARatioBelowRankOne() {
        assertThat(CostModel.rankFor(LINEAR, Unfolding.INPUT_CHANNEL, CompressionRatio.of(0.15), CostMetric.MAC))
                .hasValue(1);
        assertThat(CostModel.rankFor(LINEAR, Unfolding.INPUT_CHANNEL, CompressionRatio.of(0.149), CostMetric.MAC))
                .isEmpty();
    }

    @Test
    void noRankAboveWhatTheMatrixHas() {
        // Padded from 1 to 100 positions, rank 66 would be within the cost, but a 100 × 2 matrix has two directions.
        Layer padded = conv("padded", new WeightShape(2, 100, List.of(1, 1)), 1, 1, 10);

        assertThat(CostModel.rankFor(padded, Unfolding.INPUT_CHANNEL, CompressionRatio.of(1), CostMetric.MAC))
                .hasValue(2);
        assertThat(CostModel.maxSavingRank(padded, Unfolding.INPUT_CHANNEL, CostMetric.MAC))
                .isEqualTo(2);
    }

    @Test
    void whatSavesWeightsNeedNotSaveMacs() {
        // A 7×7 kernel over 10×10 positions that leaves one: the 1×1 first layer works on all 100.
        Layer shrinking = conv("shrinking", new WeightShape(4, 4, List.of(7, 7)), 1, 10, 1);

        assertThat(CostModel.maxSavingRank(shrinking, Unfolding.INPUT_CHANNEL, CostMetric.MEMORY))
                .isEqualTo(3);
        assertThat(CostModel.maxSavingRank(shrinking, Unfolding.INPUT_CHANNEL, CostMetric.MAC))
                .isEqualTo(1);
    }

    @Test
    void aSplitThatOnlyBreaksEvenDoesNotSave() {
        // r (2 + 2) = 4 at rank 1.
        Layer square = new LinearLayer(
                new LayerId("square"), WeightShape.linear(2, 2), List.of(1L, 2L), List.of(1L, 2L), Optional.empty());

        assertThat(CostModel.maxSavingRank(square, Unfolding.INPUT_CHANNEL, CostMetric.MEMORY))
                .isZero();
        assertThat(CostModel.rankFor(square, Unfolding.INPUT_CHANNEL, CompressionRatio.of(1), CostMetric.MEMORY))
                .hasValue(1);
    }

    @Test
    void nothingSavesMacsWhereSizesAreUnknown() {
        for (Layer unknown : List.of(
                conv("in", new WeightShape(64, 64, List.of(3, 3)), List.of(), List.of(1L, 64L, 8L, 8L)),
                conv("out", new WeightShape(64, 64, List.of(3, 3)), List.of(1L, 64L, 8L, 8L), List.of()))) {
            for (Unfolding unfolding : Unfolding.values()) {
                assertThat(CostModel.dense(unknown)).isEqualTo(new Cost(0, 64 * 64 * 9));
                int perRank = unfolding == Unfolding.SPATIAL ? 64 * 6 : 64 * 10;
                assertThat(CostModel.split(unknown, new Split(unfolding, 3))).isEqualTo(new Cost(0, 3 * perRank));
                assertThat(CostModel.maxSavingRank(unknown, unfolding, CostMetric.MAC))
                        .isZero();
                assertThat(CostModel.rankFor(unknown, unfolding, CompressionRatio.of(1), CostMetric.MAC))
                        .isEmpty();
                assertThat(CostModel.maxSavingRank(unknown, unfolding, CostMetric.MEMORY))
                        .isEqualTo(unfolding == Unfolding.SPATIAL ? 95 : 57);
            }
        }
    }

    @Test
    void costsThatCannotBeCountedAreRefused() {
        List<Long> huge = List.of(1L, 64L, 1L << 40, 1L << 10);
        Layer layer = conv("huge", new WeightShape(1 << 10, 1 << 10, List.of(3, 3)), huge, huge);

        assertThatThrownBy(() -> CostModel.dense(layer))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        "Layer 'huge' (1024×1024×3×3, input [1, 64, 1099511627776, 1024], output [1, 64,"
                                + " 1099511627776, 1024]) brings the cost above 9223372036854775807, more than can be counted.");
    }

    private static Layer conv(String name, WeightShape weight, int groups, long inSide, long outSide) {
        return new ConvLayer(
                new LayerId(name),
                weight,
                groups,
                List.of(1, 1),
                List.of(1L, (long) weight.inPerGroup() * groups, inSide, inSide),
                List.of(1L, (long) weight.out(), outSide, outSide),
                Optional.empty());
    }

    private static Layer conv(String name, WeightShape weight, List<Long> input, List<Long> output) {
        return new ConvLayer(new LayerId(name), weight, 1, List.of(1, 1), input, output, Optional.empty());
    }
}
