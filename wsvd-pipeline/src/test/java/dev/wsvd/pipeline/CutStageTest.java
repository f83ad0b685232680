package dev.wsvd.pipeline;

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
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Cut;
import dev.wsvd.domain.plan.CutLayer;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A layer of two outputs that reads units of two cuts, in channels 0, 1 and 3, 4, and writes units of a third. */
class CutStageTest {
    private static final Layer FIRST = layer("first", 2, 2);
    private static final Layer SECOND = layer("second", 2, 2);
    private static final Layer READER = layer("reader", 2, 5);
    private static final Layer LAST = layer("last", 1, 2);
    private static final Weights WEIGHTS =
            Weights.of(READER.weight(), new float[] {0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f, 0.7f, 0.8f, 0.9f, 1.1f});

    private final Replacement first = cut(
            FIRST, List.of(0, 1), 1, stage(READER, 4, new float[] {1, 2, 3, 4, 5, 6, 7, 8}, Optional.of(new float[] {
                1, 2
            })));
    private final Replacement second = cut(
            SECOND,
            List.of(3, 4),
            0,
            stage(READER, 4, new float[] {10, 20, 30, 40, 50, 60, 70, 80}, Optional.of(new float[] {10, 20})));
    private final Replacement third = new Replacement(
            Choice.of("some", 1),
            Map.of(LAST, List.of(stage(LAST, 1, new float[] {1}, Optional.empty()))),
            Optional.of(new Cut(
                    new Coupling(
                            LAST,
                            Kind.CHANNELS,
                            1,
                            2,
                            List.of(
                                    new Slice(READER, Side.WRITES, List.of(0, 1)),
                                    new Slice(LAST, Side.READS, List.of(0, 1)))),
                    List.of(1),
                    List.of())),
            0);
    private final List<Replacement> all = List.of(first, second, third);

    private static Layer layer(String name, int out, int in) {
        return Layer.of(new LayerId(name), Affine.of(out, in), List.of(), List.of());
    }

    private static Stage stage(Layer layer, int in, float[] weights, Optional<float[]> correction) {
        int out = layer.outChannels();
        return new Stage(Affine.of(out, in), Weights.of(WeightShape.linear(out, in), weights), correction);
    }

    private static Replacement cut(Layer writer, List<Integer> channels, int kept, Stage stage) {
        Coupling coupling = new Coupling(
                READER,
                Kind.CHANNELS,
                1,
                2,
                List.of(new Slice(writer, Side.WRITES, List.of(0, 1)), new Slice(READER, Side.READS, channels)));
        return new Replacement(
                Choice.of("some", 1),
                Map.of(READER, List.of(stage)),
                Optional.of(new Cut(coupling, List.of(kept), List.of())),
                0);
    }

    /** The reader as formats make it. */
    private static CutLayer made(List<Replacement> replacements) {
        CutLayer layer = new CutLayer(READER);
        replacements.forEach(replacement -> replacement.cut().orElseThrow().coupling().slices().stream()
                .filter(slice -> slice.layer().equals(READER))
                .forEach(slice -> layer.add(slice, replacement)));
        return layer;
    }

    @Test
    void itIsAllThatTheCutsLeaveOfTheInputs() {
        CutStage stage = new CutStage(READER, WEIGHTS, all);

        assertThat(stage.narrowed().layer().op()).isEqualTo(Affine.of(1, 3));
        assertThat(stage.narrowed().outputs()).containsExactly(1);
        // Channels 1, 2 and 3, both outputs: what one cut has there, and what the other changes.
        assertThat(stage.stage().op()).isEqualTo(Affine.of(2, 3));
        assertThat(stage.stage().weights().all())
                .containsExactly(
                        1 + (20 - 0.2f),
                        2 + (30 - 0.3f),
                        3 + (40 - 0.4f),
                        5 + (60 - 0.7f),
                        6 + (70 - 0.8f),
                        7 + (80 - 0.9f));
        assertThat(stage.stage().biasCorrection().orElseThrow()).containsExactly(11, 22);
    }

    @Test
    void aFittedOneIsMadeByTheFirstCutAlone() {
        Stage fitted = stage(READER, 3, new float[] {1e6f, -2, 3, 4, 5, 6e-6f}, Optional.of(new float[] {7, 8}));

        List<Replacement> changed = new CutStage(READER, WEIGHTS, all).with(fitted);

        assertThat(made(changed).weight(WEIGHTS.all())).containsExactly(4, 5, 6e-6f);
        assertThat(made(changed).correction().orElseThrow()).containsExactly(8);
        Stage unchanged = changed.get(1).stages().get(READER).get(0);
        assertThat(unchanged.weights().all()).containsExactly(0.1f, 0.2f, 0.3f, 0.4f, 0.6f, 0.7f, 0.8f, 0.9f);
        assertThat(unchanged.biasCorrection()).isEmpty();
        assertThat(changed.get(2)).isSameAs(third);
        assertThat(new CutStage(READER, WEIGHTS, changed).stage().weights().all())
                .containsExactly(fitted.weights().all());
    }

    @Test
    void aLayerThatOnlyWritesIsWhole() {
        Layer writer = FIRST;
        Weights weights = Weights.of(writer.weight(), new float[] {1, 2, 3, 4});
        CutStage stage = new CutStage(writer, weights, all);

        assertThat(stage.narrowed().layer().op()).isEqualTo(Affine.of(1, 2));
        assertThat(stage.narrowed().outputs()).containsExactly(1);
        assertThat(stage.stage().weights().all()).containsExactly(1, 2, 3, 4);
        Stage fitted = stage(writer, 2, new float[] {5, 6, 7, 8}, Optional.of(new float[] {9, 10}));
        List<Replacement> changed = new ArrayList<>(stage.with(fitted));
        Stage made = changed.get(0).stages().get(writer).get(0);
        assertThat(made.weights().all()).containsExactly(5, 6, 7, 8);
        assertThat(made.biasCorrection().orElseThrow()).containsExactly(9, 10);
        assertThat(new CutStage(writer, weights, changed).stage()).isSameAs(made);
        assertThat(changed.subList(1, 3)).containsExactly(second, third);
    }
}
