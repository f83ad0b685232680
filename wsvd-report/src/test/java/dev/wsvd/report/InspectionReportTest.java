package dev.wsvd.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.json.JsonInspection.Row;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class InspectionReportTest {
    private static final Row CONV = new Row(
            Layer.of(
                    new LayerId("conv1"),
                    new Convolution(new WeightShape(8, 2, List.of(3, 3)), 2, List.of(2, 2)),
                    List.of(1L, 4L, 10L, 10L),
                    List.of(1L, 8L, 5L, 5L)),
            Cost.of(3600, 144),
            "input-channel",
            Optional.of(Choice.of("input-channel", 3)));
    private static final Row LINEAR = linear(Cost.of(1200, 4), List.of(1L, 2L));

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
        assertThat(InspectionReport.of(List.of(linear(Cost.of(0, 4), List.of())), OptionalLong.empty())
                        .layers()
                        .toString())
                .isEqualToNormalizingNewlines("""
                layer      kind    weight  output     MAC  share  params  max rank  note
                fc (head)  linear  2×2     unknown  0 MAC              4         -  no input-channel rank saves memory
                """);
    }

    @Test
    void aFormOfSeveralRanksHasTheLargestOfEach() {
        Row several = new Row(
                CONV.layer(), Cost.of(3600, 144), "tucker-2", Optional.of(new Choice("tucker-2", List.of(2, 3))));
        Row embedding = new Row(
                Layer.of(new LayerId("tokens"), Lookup.of(4, 100), List.of(1L, 7L), List.of(1L, 7L, 4L))
                        .unsupported("two nodes share its weight"),
                Cost.of(0, 400),
                "tucker-2",
                Optional.empty());

        assertThat(InspectionReport.of(List.of(several, embedding), OptionalLong.empty())
                        .layers()
                        .toString())
                .isEqualToNormalizingNewlines("""
                layer   kind       weight   output        MAC    share  params  max rank  note
                conv1   conv/2     8×2×3×3  8×5×5   3.60 kMAC  100.0 %     144      2, 3
                tokens  embedding  4×100    7×4         0 MAC    0.0 %     400         -  two nodes share its weight
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
                new Layer(
                        new LayerId("fc"),
                        Affine.of(2, 2),
                        shape,
                        shape,
                        ElementType.FLOAT32,
                        Optional.empty(),
                        Optional.of("head")),
                cost,
                "input-channel",
                Optional.empty());
    }
}
