package dev.wsvd.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.ConvLayer;
import dev.wsvd.domain.Cost;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.LinearLayer;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.WeightShape;
import dev.wsvd.json.JsonInspection.Row;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class InspectionReportTest {
    private static final Row CONV = new Row(
            new ConvLayer(
                    new LayerId("conv1"),
                    new WeightShape(8, 2, List.of(3, 3)),
                    2,
                    List.of(2, 2),
                    List.of(1L, 4L, 10L, 10L),
                    List.of(1L, 8L, 5L, 5L),
                    Optional.empty()),
            new Cost(3600, 144),
            Unfolding.INPUT_CHANNEL,
            OptionalInt.of(3));
    private static final Row LINEAR = linear(new Cost(1200, 4), List.of(1L, 2L));

    @Test
    void layersHaveTheirShareOfTheMacs() {
        assertThat(InspectionReport.of(List.of(CONV, LINEAR), OptionalLong.empty())
                        .layers()
                        .toString())
                .isEqualToNormalizingNewlines("""
                layer      kind    weight   output        MAC   share  params  max rank  note
                conv1      conv/2  8×2×3×3  8×5×5   3.60 kMAC  75.0 %     144         3
                fc (head)  linear  2×2      2       1.20 kMAC  25.0 %       4         -  no input-channel rank saves memory
                """);
    }

    @Test
    void whatIsNotKnownIsNotMadeUp() {
        assertThat(InspectionReport.of(List.of(linear(new Cost(0, 4), List.of())), OptionalLong.empty())
                        .layers()
                        .toString())
                .isEqualToNormalizingNewlines("""
                layer      kind    weight  output     MAC  share  params  max rank  note
                fc (head)  linear  2×2     unknown  0 MAC              4         -  no input-channel rank saves memory
                """);
    }

    @Test
    void theSummaryAddsUp() {
        assertThat(InspectionReport.of(List.of(CONV, LINEAR), OptionalLong.of(1234))
                        .summary())
                .isEqualTo("2 layers, 1 can be split: 4.80 kMAC, 148 params; the model stores 1.23 k");
        assertThat(InspectionReport.of(List.of(LINEAR), OptionalLong.empty()).summary())
                .isEqualTo("1 layer, 0 can be split: 1.20 kMAC, 4 params");
    }

    private static Row linear(Cost cost, List<Long> shape) {
        return new Row(
                new LinearLayer(
                        new LayerId("fc"),
                        WeightShape.linear(2, 2),
                        shape,
                        shape,
                        Optional.empty(),
                        Optional.of("head")),
                cost,
                Unfolding.INPUT_CHANNEL,
                OptionalInt.empty());
    }
}
