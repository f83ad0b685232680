package dev.wsvd.calibration;

import static dev.wsvd.calibration.RecordedActivations.floats;
import static dev.wsvd.calibration.RecordedActivations.linear;
import static dev.wsvd.calibration.RecordedActivations.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.file.UnnamedFile;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MomentsTest {
    private static final LinearAlgebra EJML = new EjmlProvider().create();

    @Test
    void areMeanAndCovarianceOfAllSamples() {
        int samples = 230;
        float[] x = random(samples * 2, 1);
        Map<String, Tensor> model = Map.of("in:fc", floats(samples, 2, x));

        LayerMoments moments = Moments.of(
                        new RecordedActivations(samples),
                        model,
                        List.of(linear("fc", 3, 2), linear("unseen", 3, 2)),
                        EJML)
                .get(new LayerId("fc"));

        double[] mean = {mean(x, 0), mean(x, 1)};
        assertThat(moments.patches()).isEqualTo(samples);
        assertThat(moments.groups().get(0).mean()).containsExactly(mean, within(1e-9));
        assertThat(moments.groups().get(0).covariance().get(0, 1))
                .isCloseTo(
                        IntStream.range(0, samples)
                                .mapToDouble(i -> (x[2 * i] - mean[0]) * (x[2 * i + 1] - mean[1]))
                                .average()
                                .orElseThrow(),
                        within(1e-9));
    }

    private static double mean(float[] x, int element) {
        return IntStream.range(0, x.length / 2)
                .mapToDouble(i -> x[2 * i + element])
                .average()
                .orElseThrow();
    }

    @Test
    void aLayerThatCannotBeWatchedOrIsVeryWideHasNone() {
        Map<String, Tensor> model = Map.of("in:wide", floats(2, 5_000, new float[10_000]));

        assertThat(Moments.of(
                        new RecordedActivations(2),
                        model,
                        List.of(linear("wide", 3, 5_000), linear("unseen", 3, 2)),
                        EJML))
                .isEmpty();
    }

    @Test
    void layersWhoseActivationsDoNotFitIntoMemoryTakeTurns() {
        List<String> all = List.of("0-1", "1-2", "2-3");

        assertThat(runsOfFiveLayers(3, 1L << 22)).containsExactly(all, all, all);
    }

    @Test
    void batchesAreSoSmallThatOnePassIsEnough() {
        assertThat(runsOfFiveLayers(30, 1L << 17)).containsExactly(List.of("0-16", "16-30"));
    }

    /** @param positions of a sample, as the layers say; what was recorded of them is small */
    private static List<List<String>> runsOfFiveLayers(int samples, long positions) {
        List<Layer> layers = IntStream.range(0, 5)
                .mapToObj(i -> linear("fc" + i, WeightShape.linear(3, 2), List.of(1L, positions, 2L), List.of(1L, 3L)))
                .toList();
        RecordedActivations inputs = new RecordedActivations(samples);
        Tensor seen = floats(samples, 2, random(2 * samples, 1));

        Map<LayerId, LayerMoments> moments = Moments.of(
                inputs,
                Map.of("in:fc0", seen, "in:fc1", seen, "in:fc2", seen, "in:fc3", seen, "in:fc4", seen),
                layers,
                EJML);

        assertThat(moments.keySet())
                .containsExactlyElementsOf(layers.stream().map(Layer::id).toList());
        assertThat(inputs.open).isZero();
        return inputs.runs;
    }

    private static final List<Layer> FOUR =
            IntStream.range(0, 4).mapToObj(i -> linear("fc" + i, 3, 4 + i % 2)).toList();

    private static final Map<String, Tensor> SEEN_BY_FOUR = Map.of(
            "in:fc0", floats(230, 4, random(920, 1)),
            "in:fc1", floats(230, 5, random(1150, 2)),
            "in:fc2", floats(230, 4, random(920, 3)),
            "in:fc3", floats(230, 5, random(1150, 4)));

    @Test
    void layersWhoseSumsDoNotFitIntoMemoryTakeTurns() {
        long one = MomentSums.bytes(FOUR.get(0));
        long other = MomentSums.bytes(FOUR.get(1));

        assertThat(passes(2 * (one + other))).isEqualTo(1);
        assertThat(passes(2 * (one + other) - 1)).isEqualTo(2);
        assertThat(passes(one + other)).isEqualTo(2);
        assertThat(passes(one + other - 1)).isEqualTo(4);
        assertThat(passes(0)).isEqualTo(4);
    }

    /** After checking that what is learnt is always the same. */
    private static int passes(long sumsBytes) {
        RecordedActivations inputs = new RecordedActivations(230);
        try (LearntMoments once = Moments.of(new RecordedActivations(230), SEEN_BY_FOUR, FOUR, EJML);
                LearntMoments moments =
                        Moments.of(inputs, SEEN_BY_FOUR, FOUR, EJML, sumsBytes, 150, new UnnamedFile())) {
            assertThat(moments).hasSize(4);
            assertThat(moments.keySet()).containsExactlyElementsOf(once.keySet());
            assertThat(moments.entrySet().stream().map(Map.Entry::getKey)).containsExactlyElementsOf(once.keySet());
            moments.forEach((layer, found) -> {
                LayerMoments expected = once.get(layer);
                assertThat(found.patches()).isEqualTo(230);
                assertThat(found.groups().get(0).mean())
                        .isEqualTo(expected.groups().get(0).mean());
                assertThat(found.groups().get(0).covariance().data())
                        .isEqualTo(expected.groups().get(0).covariance().data());
            });
        }
        assertThat(inputs.open).isZero();
        inputs.runs.forEach(run -> assertThat(run).containsExactly("0-100", "100-200", "200-230"));
        return inputs.runs.size();
    }

    @Test
    void whatDoesNotFitIntoMemoryIsReadEachTime() {
        try (LearntMoments moments = Moments.of(
                new RecordedActivations(230), SEEN_BY_FOUR, FOUR, EJML, Long.MAX_VALUE, 150, new UnnamedFile())) {
            assertThat(FOUR.stream()
                            .map(Layer::id)
                            .filter(layer -> moments.get(layer) == moments.get(layer))
                            .map(LayerId::name))
                    .containsExactly("fc0");
            assertThat(moments.containsKey(new LayerId("fc1"))).isTrue();
            assertThat(moments.containsKey(new LayerId("other"))).isFalse();
            assertThat(moments.get(new LayerId("other"))).isNull();
        }
    }

    @Test
    void onceClosedWhatWasInTheFileIsGone() {
        LearntMoments moments = Moments.of(
                new RecordedActivations(230), SEEN_BY_FOUR, FOUR, EJML, Long.MAX_VALUE, 0, new UnnamedFile());
        moments.close();

        assertThatThrownBy(() -> moments.get(new LayerId("fc0")))
                .isInstanceOf(WsvdException.class)
                .hasMessage("A temporary file cannot be read: ClosedChannelException.");
    }

    @Test
    void whereTheFileHasNoRoomAllStaysInMemory() {
        try (LearntMoments moments = Moments.of(
                new RecordedActivations(230), SEEN_BY_FOUR, FOUR, EJML, Long.MAX_VALUE, 0, new UnnamedFile(79))) {
            assertThat(moments.keySet())
                    .allSatisfy(layer -> assertThat(moments.get(layer)).isSameAs(moments.get(layer)));
        }
    }
}
