package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.spi.Schemes;
import dev.wsvd.factorization.EmbeddingSvd;
import dev.wsvd.factorization.Tucker2;
import dev.wsvd.factorization.WeightSvd;
import dev.wsvd.json.JsonInspection.Row;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class InspectedLayersTest {
    private static final Layer LINEAR =
            Layer.of(new LayerId("fc"), Affine.of(10, 8), List.of(1L, 8L), List.of(1L, 10L));
    private static final Layer TABLE =
            Layer.of(new LayerId("tokens"), Lookup.of(8, 100), List.of(1L, 7L), List.of(1L, 7L, 8L));
    private static final Layer CONV = Layer.of(
            new LayerId("conv"),
            new Convolution(new WeightShape(16, 16, List.of(3, 3)), 1, List.of(1, 1)),
            List.of(1L, 16L, 6L, 6L),
            List.of(1L, 16L, 4L, 4L));

    private final InspectedLayers inspected =
            new InspectedLayers(new Schemes(List.of(new WeightSvd(), new Tucker2(), new EmbeddingSvd())));

    @Test
    void aLayerIsSeenInTheFirstFormThatSuitsIt() {
        // 18 r elements are fewer than 80, 108 r fewer than 800.
        assertThat(inspected.of(List.of(LINEAR, TABLE, LINEAR.unsupported("quantised"))))
                .extracting(Row::form, Row::largest)
                .containsExactly(
                        tuple("input-channel", Optional.of(Choice.of("input-channel", 4))),
                        tuple("embedding", Optional.of(Choice.of("embedding", 7))),
                        tuple("input-channel", Optional.empty()));
    }

    @Test
    void aFormThatIsAskedForIsThatOfAllLayers() {
        List<Row> rows = inspected.of(List.of(TABLE, CONV), "tucker-2");

        assertThat(rows.get(0).reason()).contains("no tucker-2 rank saves memory");
        assertThat(rows.get(1).reason()).isEmpty();
        List<Integer> ranks = rows.get(1).largest().orElseThrow().sizes();
        assertThat(16 * ranks.get(0) + 9 * ranks.get(0) * ranks.get(1) + 16 * ranks.get(1))
                .isLessThan(16 * 16 * 9);
        assertThat(ranks).hasSize(2).allMatch(rank -> rank > 10);
        assertThatThrownBy(() -> inspected.of(List.of(LINEAR), "best"))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Unknown unfolding 'best'; allowed: input-channel, output-channel, tucker-2, embedding.");
    }

    @Test
    void costsThatCannotBeCountedTogetherAreToldByTheLayer() {
        assertThatThrownBy(() -> inspected.of(List.of(huge("a"), huge("b"))))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Layer 'b' (1024×1024, input [1, 4398046511104, 1024], output [1, 4398046511104, 1024])"
                        + " brings the cost above 9223372036854775807, more than can be counted.");
    }

    private static Layer huge(String name) {
        List<Long> shape = List.of(1L, 1L << 42, 1024L);
        return Layer.of(new LayerId(name), Affine.of(1024, 1024), shape, shape);
    }
}
