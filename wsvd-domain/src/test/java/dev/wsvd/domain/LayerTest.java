package dev.wsvd.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.InvalidInputException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LayerTest {
    private static final LayerId ID = new LayerId("conv");

    private static ConvLayer conv(WeightShape weight, int groups) {
        return new ConvLayer(
                ID,
                weight,
                groups,
                List.of(2, 2),
                List.of(1L, (long) weight.inPerGroup() * groups, 14L, 12L),
                List.of(1L, (long) weight.out(), 7L, 6L),
                Optional.empty());
    }

    @Test
    void convPositionsAreTheSpatialDims() {
        ConvLayer layer = conv(new WeightShape(8, 4, List.of(3, 3)), 2);

        assertThat(layer.inputPositions()).isEqualTo(14 * 12);
        assertThat(layer.outputPositions()).isEqualTo(7 * 6);
        assertThat(layer.inChannels()).isEqualTo(8);
        assertThat(layer.outChannels()).isEqualTo(8);
    }

    @Test
    void linearPositionsAreTheDimsBetweenBatchAndFeatures() {
        WeightShape weight = WeightShape.linear(5, 3);

        assertThat(new LinearLayer(ID, weight, List.of(1L, 3L), List.of(1L, 5L), Optional.empty()).outputPositions())
                .isEqualTo(1);
        assertThat(new LinearLayer(ID, weight, List.of(1L, 7L, 2L, 3L), List.of(1L, 7L, 2L, 5L), Optional.empty())
                        .outputPositions())
                .isEqualTo(14);
    }

    @Test
    void unknownShapesHaveNoPositions() {
        assertThat(new LinearLayer(ID, WeightShape.linear(5, 3), List.of(), List.of(), Optional.of("size unknown"))
                        .outputPositions())
                .isZero();
    }

    @Test
    void theLargestRankIsTheShorterSideOfTheUnfoldedMatrixOfAGroup() {
        ConvLayer grouped = conv(new WeightShape(8, 40, List.of(3, 3)), 2);

        assertThat(Unfolding.INPUT_CHANNEL.maxRank(grouped)).isEqualTo(36);
        assertThat(Unfolding.OUTPUT_CHANNEL.maxRank(grouped)).isEqualTo(4);
    }

    @Test
    void groupsMustDivideTheOutputChannels() {
        assertThatThrownBy(() -> conv(new WeightShape(8, 4, List.of(3, 3)), 3))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Layer 'conv' has 3 groups, which do not divide its 8 output channels.");
    }

    @Test
    void namesAreNotBlank() {
        assertThatThrownBy(() -> new LayerId(" "))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("A layer name must not be blank.");
    }
}
