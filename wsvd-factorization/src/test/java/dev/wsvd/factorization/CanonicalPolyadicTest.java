package dev.wsvd.factorization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.LinearAlgebraException;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Op;
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
import dev.wsvd.domain.plan.Stage;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CanonicalPolyadicTest {
    private static final CanonicalPolyadic CP = new CanonicalPolyadic();
    private static final LinearAlgebra PLAIN = new PlainLinearAlgebra();

    private static Choice rank(int rank) {
        return Choice.of("cp", rank);
    }

    private static Layer layer(int n, int m, Integer... kernel) {
        List<Integer> ones = Collections.nCopies(kernel.length, 1);
        return layer(new Convolution(new WeightShape(n, m, List.of(kernel)), 1, ones, ones, ones));
    }

    private static Layer layer(Op op) {
        return Layer.of(new LayerId("conv"), op, List.of(), List.of());
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
        double[] mean = random.doubles(patch).toArray();
        Matrix a = new Matrix(patch, patch, random.doubles(patch * patch, -1, 1).toArray());
        return new LayerMoments(1000, List.of(new PatchMoments(mean, PLAIN.multiply(a, a.transposed()))));
    }

    static Stream<Arguments> cases() {
        return Stream.of(layer(8, 6, 5), layer(8, 6, 3, 2), layer(5, 4, 2, 1, 3))
                .flatMap(layer -> Stream.of(
                        Arguments.of(layer, Optional.empty()), Arguments.of(layer, Optional.of(moments(layer, 3)))));
    }

    private static Factors factors(Layer layer, float[] weight, Optional<LayerMoments> seen) {
        List<Choice> choices = CP.choices(layer, "cp", 1);
        return CP.factor(layer, Weights.of(layer.weight(), weight), seen, choices.get(choices.size() - 1), PLAIN);
    }

    /** √(tr[(W − W') C (W − W')ᵀ] / tr[W C Wᵀ]) in plain loops, C the identity if nothing is seen. */
    private static double shown(Layer layer, float[] weight, Replacement replacement, Optional<LayerMoments> seen) {
        float[] made = Composition.of(replacement);
        double missing = 0;
        double all = 0;
        int patch = weight.length / layer.outChannels();
        for (int o = 0; o < layer.outChannels(); o++) {
            for (int i = 0; i < patch; i++) {
                for (int j = 0; j < patch; j++) {
                    double c = seen.isEmpty()
                            ? (i == j ? 1 : 0)
                            : seen.get().groups().get(0).covariance().get(i, j);
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
    void errorsAreThoseOfTheThreeWeightsMultipliedAndFallWithTheRank(Layer layer, Optional<LayerMoments> seen) {
        float[] weight = random(layer, 1);
        Factors factors = factors(layer, weight, seen);
        double before = 1;
        for (Choice choice : CP.series(Place.of(layer), "cp", 1)) {
            Replacement nested = factors.at(choice);
            Replacement refined = factors.refined(choice);

            assertThat(factors.error(choice)).isLessThan(before);
            assertThat(nested.predictedError()).isEqualTo(factors.error(choice));
            assertThat(shown(layer, weight, nested, seen)).isCloseTo(factors.error(choice), within(1e-4));
            assertThat(shown(layer, weight, refined, seen)).isCloseTo(refined.predictedError(), within(1e-4));
            assertThat(refined.predictedError()).isLessThanOrEqualTo(nested.predictedError());
            before = factors.error(choice);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void refiningLowersTheError(Layer layer, Optional<LayerMoments> seen) {
        Factors factors = factors(layer, random(layer, 2), seen);

        assertThat(factors.refined(rank(5)).predictedError())
                .isLessThan(factors.at(rank(5)).predictedError());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aWeightOfTwoTermsIsFound(Layer layer, Optional<LayerMoments> seen) {
        float[] weight = Composition.of(
                factors(layer, random(layer, 4), Optional.empty()).at(rank(2)));

        assertThat(factors(layer, weight, seen).refined(rank(2)).predictedError())
                .isLessThan(1e-2);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aRankIsTheSameWhateverTheLargestIs(Layer layer, Optional<LayerMoments> seen) {
        float[] weight = random(layer, 6);
        Factors all = factors(layer, weight, seen);
        Factors few = CP.factor(layer, Weights.of(layer.weight(), weight), seen, rank(4), PLAIN);
        for (int rank = 1; rank <= 4; rank++) {
            assertThat(few.error(rank(rank))).isCloseTo(all.error(rank(rank)), within(1e-9));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theSameWeightsGiveTheSameBits(Layer layer, Optional<LayerMoments> seen) {
        List<Stage> once =
                factors(layer, random(layer, 7), seen).refined(rank(3)).parts();
        List<Stage> again =
                factors(layer, random(layer, 7), seen).refined(rank(3)).parts();

        for (int i = 0; i < 3; i++) {
            assertThat(again.get(i).weights().all())
                    .isEqualTo(once.get(i).weights().all());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theMeanOutputStays(Layer layer, Optional<LayerMoments> seen) {
        float[] weight = random(layer, 5);
        Replacement replacement = factors(layer, weight, seen).refined(rank(3));
        float[] made = Composition.of(replacement);
        Optional<float[]> added = replacement.parts().get(2).biasCorrection();
        assertThat(added.isPresent()).isEqualTo(seen.isPresent());
        int patch = weight.length / layer.outChannels();
        for (int o = 0; seen.isPresent() && o < layer.outChannels(); o++) {
            double missed = 0;
            for (int i = 0; i < patch; i++) {
                missed += ((double) weight[o * patch + i] - made[o * patch + i])
                        * seen.get().groups().get(0).mean()[i];
            }
            assertThat((double) added.orElseThrow()[o]).isCloseTo(missed, within(1e-4));
        }
    }

    @Test
    void theKernelStandsPerChannelInTheMiddle() {
        Convolution op =
                new Convolution(new WeightShape(8, 6, List.of(3, 3)), 1, List.of(1, 1), List.of(2, 1), List.of(0, 1));
        Layer layer = Layer.of(new LayerId("conv"), op, List.of(1L, 6L, 8L, 6L), List.of(1L, 8L, 4L, 6L));

        List<SizedOp> stages = CP.blueprint(Place.of(layer), rank(5)).stages().get(layer.id());

        assertThat(stages.stream().map(stage -> stage.op().weight().toString()))
                .containsExactly("5×6×1×1", "5×1×3×3", "8×5×1×1");
        assertThat(stages.stream().map(stage -> stage.op().groups())).containsExactly(1, 5, 1);
        assertThat(((Convolution) stages.get(1).op()).movesLike(op)).isTrue();
        assertThat(stages.stream().map(SizedOp::output))
                .containsExactly(List.of(1L, 5L, 8L, 6L), List.of(1L, 5L, 4L, 6L), List.of(1L, 8L, 4L, 6L));
        // r·m·P_in + r·K·P_out + r·n·P_out with P_in = 48 and P_out = 24.
        assertThat(stages.stream().mapToLong(SizedOp::macs).sum()).isEqualTo(5 * 6 * 48 + 5 * 9 * 24 + 5 * 8 * 24);
    }

    @Test
    void ranksGoUpToThatOfAsManyWeights() {
        Layer layer = layer(64, 64, 3, 3);

        // 64 · 64 · 9 / (64 + 9 + 64) = 269.08…
        assertThat(CP.series(Place.of(layer), "cp", 1))
                .hasSize(269)
                .startsWith(rank(1))
                .endsWith(rank(269));
        assertThat(CP.series(Place.of(layer), "cp", 8))
                .hasSize(33)
                .startsWith(rank(8))
                .endsWith(rank(264));
        // Sixteenths of 269, rounded up.
        assertThat(CP.choices(layer, "cp", 1))
                .hasSize(16)
                .startsWith(rank(17), rank(34))
                .endsWith(rank(269));
        assertThat(CP.choices(layer, "cp", 8))
                .hasSize(15)
                .startsWith(rank(24), rank(40))
                .endsWith(rank(256));
        assertThat(CP.choices(layer(1, 1, 3), "cp", 1)).isEmpty();
    }

    static Stream<Layer> others() {
        List<Integer> ones = List.of(1, 1);
        WeightShape weight = new WeightShape(8, 4, List.of(3, 3));
        return Stream.of(
                layer(Affine.of(4, 6)),
                layer(8, 4, 1, 1),
                layer(new Convolution(weight, 1, List.of(1, 2))),
                layer(new Convolution(weight, 2, ones)),
                layer(new Convolution(weight, 1, ones, ones, ones, true)),
                layer(64, 129, 3, 3));
    }

    @ParameterizedTest
    @MethodSource("others")
    void otherLayersHaveNone(Layer layer) {
        assertThat(CP.choices(layer, "cp", 1)).isEmpty();
        assertThat(CP.series(Place.of(layer), "cp", 1)).isEmpty();
        assertThatThrownBy(() -> CP.blueprint(Place.of(layer), rank(1)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        "Layer 'conv' (" + layer.weight() + ") has no cp form, which is for convolutions of stride 1"
                                + " and more than one tap, not in groups, with at most 1152 inputs under the kernel.");
    }

    @Test
    void otherRanksAndValuesAreRefused() {
        Layer layer = layer(8, 6, 3, 3);
        for (Choice choice : List.of(rank(19), new Choice("cp", List.of(2, 2)))) {
            assertThatThrownBy(() -> CP.blueprint(Place.of(layer), choice))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("Layer 'conv' (8×6×3×3) has no " + choice + "; allowed: ranks 1 … 18.");
        }
        Factors small =
                CP.factor(layer, Weights.of(layer.weight(), random(layer, 1)), Optional.empty(), rank(3), PLAIN);
        assertThat(small.covers(rank(3))).isTrue();
        assertThat(small.covers(rank(4))).isFalse();
        assertThatThrownBy(() -> small.at(rank(4)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The factors of layer 'conv' (8×6×3×3) go up to cp rank 3; asked for is cp rank 4.");
        float[] broken = random(layer, 1);
        broken[7] = Float.NaN;
        assertThatThrownBy(() -> CP.factor(layer, Weights.of(layer.weight(), broken), Optional.empty(), rank(3), PLAIN))
                .isInstanceOf(LinearAlgebraException.class)
                .hasMessageStartingWith("Layer 'conv': ");
    }

    @Test
    void aWeightOfZerosMissesNothing() {
        Layer layer = layer(8, 6, 3, 3);
        Factors factors = factors(layer, new float[(int) layer.weight().elements()], Optional.empty());

        Replacement refined = factors.refined(rank(4));

        assertThat(refined.predictedError()).isZero();
        assertThat(Composition.of(refined)).containsOnly(0f);
    }
}
