package dev.wsvd.factorization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.layer.SizedOp;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.moments.PatchMoments;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Replacement;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class Tucker2Test {
    private static final Tucker2 TUCKER = new Tucker2();
    private static final LinearAlgebra PLAIN = new PlainLinearAlgebra();

    private static Choice ranks(int inputs, int outputs) {
        return new Choice("tucker-2", List.of(inputs, outputs));
    }

    /** A convolution m → n with a 3×3 kernel, stride 2 of the rows. */
    private static Layer layer(int n, int m, int groups) {
        Convolution op = new Convolution(
                new WeightShape(n, m / groups, List.of(3, 3)), groups, List.of(2, 1), List.of(1, 1), List.of(1, 1));
        return Layer.of(new LayerId("conv"), op, List.of(1L, (long) m, 8L, 6L), List.of(1L, (long) n, 4L, 6L));
    }

    private static float[] random(Layer layer, long seed) {
        Random random = new Random(seed);
        float[] weight = new float[(int) layer.weight().elements()];
        for (int i = 0; i < weight.length; i++) {
            weight[i] = (float) random.nextGaussian();
        }
        return weight;
    }

    /** Correlated patches with a mean. */
    private static LayerMoments moments(Layer layer, long seed) {
        Random random = new Random(seed);
        int patch = layer.weight().inPerGroup() * layer.weight().kernelSize();
        List<PatchMoments> groups = IntStream.range(0, layer.groups())
                .mapToObj(g -> {
                    double[] mean = random.doubles(patch).toArray();
                    Matrix a = new Matrix(
                            patch, patch, random.doubles(patch * patch, -1, 1).toArray());
                    return new PatchMoments(mean, PLAIN.multiply(a, a.transposed()));
                })
                .toList();
        return new LayerMoments(1000, groups);
    }

    static Stream<Arguments> cases() {
        return Stream.of(1, 2)
                .flatMap(groups -> Stream.of(false, true).map(aware -> {
                    Layer layer = layer(8, 6, groups);
                    return Arguments.of(layer, aware ? Optional.of(moments(layer, 3)) : Optional.empty());
                }));
    }

    private static Factors factors(Layer layer, float[] weight, Optional<LayerMoments> seen) {
        Choice largest = ranks(layer.weight().inPerGroup(), layer.outChannels() / layer.groups());
        return TUCKER.factor(layer, Weights.of(layer.weight(), weight), seen, largest, PLAIN);
    }

    /** √(tr[(W − W') C (W − W')ᵀ] / tr[W C Wᵀ]) in plain loops, C the identity if nothing is seen. */
    private static double shown(Layer layer, float[] weight, Replacement replacement, Optional<LayerMoments> seen) {
        float[] made = Composition.of(replacement);
        double missing = 0;
        double all = 0;
        int patch = weight.length / layer.outChannels();
        for (int o = 0; o < layer.outChannels(); o++) {
            int group = o / (layer.outChannels() / layer.groups());
            for (int i = 0; i < patch; i++) {
                for (int j = 0; j < patch; j++) {
                    double c = seen.isEmpty()
                            ? (i == j ? 1 : 0)
                            : seen.get().groups().get(group).covariance().get(i, j);
                    int a = o * patch + i;
                    int b = o * patch + j;
                    missing += ((double) weight[a] - made[a]) * c * ((double) weight[b] - made[b]);
                    all += (double) weight[a] * c * weight[b];
                }
            }
        }
        return Math.sqrt(Math.max(0, missing) / all);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void errorsAreThoseOfTheThreeWeightsMultiplied(Layer layer, Optional<LayerMoments> seen) {
        float[] weight = random(layer, 1);
        Factors factors = factors(layer, weight, seen);
        for (Choice choice : TUCKER.choices(layer, "tucker-2", 1)) {
            Replacement nested = factors.at(choice);
            Replacement refined = factors.refined(choice);

            assertThat(nested.predictedError()).isCloseTo(factors.error(choice), within(1e-9));
            assertThat(shown(layer, weight, nested, seen)).isCloseTo(factors.error(choice), within(1e-4));
            assertThat(shown(layer, weight, refined, seen)).isCloseTo(refined.predictedError(), within(1e-4));
            assertThat(refined.predictedError()).isLessThanOrEqualTo(nested.predictedError());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void refiningLowersTheError(Layer layer, Optional<LayerMoments> seen) {
        Factors factors = factors(layer, random(layer, 2), seen);
        Choice choice = ranks(2, 2);

        assertThat(factors.refined(choice).predictedError())
                .isLessThan(factors.at(choice).predictedError() * 0.999);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aWeightOfItsRanksIsFoundExactly(Layer layer, Optional<LayerMoments> seen) {
        Choice choice = ranks(2, 3);
        float[] lowRank = Composition.of(
                factors(layer, random(layer, 4), Optional.empty()).at(choice));

        Replacement found = factors(layer, lowRank, seen).at(choice);

        assertThat(found.predictedError()).isLessThan(1e-3);
        float[] made = Composition.of(found);
        for (int i = 0; i < made.length; i++) {
            assertThat(made[i]).isCloseTo(lowRank[i], within(2e-3f));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theMeanOutputStays(Layer layer, Optional<LayerMoments> seen) {
        float[] weight = random(layer, 5);
        Replacement replacement = factors(layer, weight, seen).refined(ranks(2, 2));
        float[] made = Composition.of(replacement);
        Optional<float[]> added = replacement.parts().get(2).biasCorrection();
        assertThat(added.isPresent()).isEqualTo(seen.isPresent());
        float[] correction = added.orElseGet(() -> new float[layer.outChannels()]);
        int patch = weight.length / layer.outChannels();
        for (int o = 0; o < layer.outChannels(); o++) {
            int group = o / (layer.outChannels() / layer.groups());
            double missed = 0;
            for (int i = 0; i < patch; i++) {
                double mean = seen.map(it -> it.groups().get(group).mean()).orElseGet(() -> new double[patch])[i];
                missed += ((double) weight[o * patch + i] - made[o * patch + i]) * mean;
            }
            assertThat((double) correction[o]).isCloseTo(missed, within(1e-4));
        }
    }

    @Test
    void stagesMoveAsTheLayerDoesInTheMiddle() {
        Layer layer = layer(8, 6, 2);

        List<SizedOp> stages =
                TUCKER.blueprint(Place.of(layer), ranks(2, 3)).stages().get(layer.id());

        assertThat(stages.stream().map(stage -> stage.op().weight().toString()))
                .containsExactly("4×3×1×1", "6×2×3×3", "8×3×1×1");
        assertThat(stages.stream().map(SizedOp::output))
                .containsExactly(List.of(1L, 4L, 8L, 6L), List.of(1L, 6L, 4L, 6L), List.of(1L, 8L, 4L, 6L));
        // r₁·m·P_in + g·r₁·r₂·K·P_out + r₂·n·P_out with P_in = 48 and P_out = 24.
        assertThat(stages.stream().mapToLong(SizedOp::macs).sum())
                .isEqualTo(2 * 6 * 48 + 2 * 2 * 3 * 9 * 24 + 3 * 8 * 24);
    }

    @Test
    void choicesAreAGridOfMultiplesOfWhichNoneIsWasted() {
        Layer layer = layer(64, 64, 1);

        List<Choice> choices = TUCKER.choices(layer, "tucker-2", 8);

        assertThat(choices).contains(ranks(8, 8), ranks(8, 64), ranks(64, 8), ranks(64, 64));
        assertThat(choices).allMatch(choice -> choice.sizes().stream().allMatch(rank -> rank % 8 == 0));
        assertThat(choices).hasSize(64).doesNotHaveDuplicates();
        assertThat(TUCKER.choices(layer(64, 4, 1), "tucker-2", 1))
                .contains(ranks(1, 8))
                .doesNotContain(ranks(1, 12));
        assertThat(TUCKER.choices(layer(4, 4, 1), "tucker-2", 8)).isEmpty();
    }

    @Test
    void aSeriesGrows() {
        for (int multiple : new int[] {1, 4}) {
            List<Choice> series = TUCKER.series(Place.of(layer(24, 16, 1)), "tucker-2", multiple);
            assertThat(series.get(series.size() - 1)).isEqualTo(ranks(16, 24));
            for (int i = 1; i < series.size(); i++) {
                assertThat(series.get(i - 1).isWithin(series.get(i))).isTrue();
            }
        }
        assertThat(TUCKER.series(Place.of(layer(24, 16, 1)), "tucker-2", 1)).hasSize(24);
    }

    @Test
    void layersOfOneTapHaveNoTucker() {
        Layer product = Layer.of(new LayerId("fc"), Affine.of(4, 6), List.of(), List.of());
        Layer pointwise = Layer.of(
                new LayerId("point"),
                new Convolution(new WeightShape(4, 6, List.of(1, 1)), 1, List.of(1, 1)),
                List.of(),
                List.of());

        assertThat(TUCKER.choices(product, "tucker-2", 1)).isEmpty();
        assertThat(TUCKER.choices(pointwise, "tucker-2", 1)).isEmpty();
        assertThat(TUCKER.series(Place.of(pointwise), "tucker-2", 1)).isEmpty();
        assertThatThrownBy(() -> TUCKER.blueprint(Place.of(product), ranks(1, 1)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Layer 'fc' (4×6) has no tucker-2 form, which is for convolutions of more than one tap.");
    }

    @Test
    void ranksBeyondTheChannelsAreRefused() {
        Layer layer = layer(8, 6, 1);
        for (Choice choice : List.of(ranks(7, 8), ranks(6, 9), Choice.of("tucker-2", 3))) {
            assertThatThrownBy(() -> TUCKER.blueprint(Place.of(layer), choice))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("Layer 'conv' (8×6×3×3) has no " + choice + "; allowed: two ranks, 1 … 6 and 1 … 8.");
        }
        Factors small = TUCKER.factor(
                layer, Weights.of(layer.weight(), random(layer, 1)), Optional.empty(), ranks(2, 3), PLAIN);
        assertThat(small.covers(ranks(2, 3))).isTrue();
        assertThat(small.covers(ranks(3, 2))).isFalse();
        assertThatThrownBy(() -> small.at(ranks(3, 2)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The factors of layer 'conv' (8×6×3×3) go up to tucker-2 ranks 2, 3; asked for is tucker-2"
                        + " ranks 3, 2.");
    }
}
