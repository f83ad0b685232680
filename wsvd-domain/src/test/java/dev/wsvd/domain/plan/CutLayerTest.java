package dev.wsvd.domain.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Kind;
import dev.wsvd.domain.layer.Coupling.Side;
import dev.wsvd.domain.layer.Coupling.Slice;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.layer.Weights;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CutLayerTest {
    private static final Layer WRITER = layer("writer", 2, 2);
    /** Has the units twice, and a channel of its own between. */
    private static final Layer READER = layer("reader", 2, 5);

    private static final Coupling COUPLING = new Coupling(
            READER,
            Kind.CHANNELS,
            1,
            2,
            List.of(
                    new Slice(WRITER, Side.WRITES, List.of(0, 1)),
                    new Slice(READER, Side.READS, List.of(0, 1)),
                    new Slice(READER, Side.READS, List.of(3, 4))));

    private static Layer layer(String name, int out, int in) {
        return Layer.of(new LayerId(name), Affine.of(out, in), List.of(), List.of());
    }

    private static Stage stage(int out, int in, float[] weights, float... correction) {
        return new Stage(Affine.of(out, in), Weights.of(WeightShape.linear(out, in), weights), Optional.of(correction));
    }

    /** Unit 1 stays, in channels 1 and 4 of the reader; channel 2 is of no unit. */
    private static CutLayer cut(Layer layer) {
        Replacement replacement = new Replacement(
                Choice.of("some", 1),
                Map.of(
                        READER,
                        List.of(stage(2, 3, new float[] {1, 2, 3, 4, 5, 6}, 7, 8)),
                        WRITER,
                        List.of(stage(2, 2, new float[] {10, 11, 12, 13}, 14, 15))),
                Optional.of(new Cut(COUPLING, List.of(1), List.of())),
                0);
        CutLayer cut = new CutLayer(layer);
        COUPLING.slices().stream()
                .filter(slice -> slice.layer().equals(layer))
                .forEach(slice -> cut.add(slice, replacement));
        return cut;
    }

    @Test
    void aLayerThatReadsTwiceHasItsStageOnce() {
        CutLayer reader = cut(READER);

        assertThat(reader.out()).isEqualTo(2);
        assertThat(reader.in()).isEqualTo(3);
        assertThat(reader.weight(new float[] {9, 9, 9, 9, 9, 9, 9, 9, 9, 9})).containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(reader.correction().orElseThrow()).containsExactly(7, 8);
    }

    @Test
    void whatStandsForAWriterIsCut() {
        CutLayer writer = cut(WRITER);

        assertThat(writer.out()).isEqualTo(1);
        assertThat(writer.in()).isEqualTo(2);
        assertThat(writer.weight(new float[] {1, 1, 1, 1})).containsExactly(12, 13);
        assertThat(writer.correction().orElseThrow()).containsExactly(15);
        assertThat(writer.written(new float[] {20, 21}, 1)).containsExactly(21);
    }
}
