package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.domain.ConvLayer;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.LinearLayer;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.WeightShape;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.LinearAlgebraException;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.factor.Factorizer;
import dev.wsvd.domain.factor.LayerFactors;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The factors multiply to the weight, for every way a weight can lie, with a real backend. */
class FactorizerTest {
    private final Factorizer factorizer = new Factorizer(new EjmlProvider().create());

    static Stream<Arguments> weights() {
        return Stream.of(
                        Arguments.of(new WeightShape(6, 4, List.of(3, 3)), 1),
                        Arguments.of(new WeightShape(4, 90, List.of(3, 3)), 1),
                        Arguments.of(new WeightShape(90, 2, List.of(3)), 1),
                        Arguments.of(new WeightShape(2, 40, List.of(1, 2)), 1),
                        Arguments.of(new WeightShape(5, 2, List.of(4, 3)), 1),
                        Arguments.of(new WeightShape(6, 5, List.of(2, 5)), 2),
                        Arguments.of(new WeightShape(12, 4, List.of(3, 3)), 3),
                        Arguments.of(new WeightShape(6, 5, List.of(2, 2, 2)), 2),
                        Arguments.of(WeightShape.linear(5, 9), 1),
                        Arguments.of(WeightShape.linear(9, 5), 1),
                        Arguments.of(WeightShape.linear(1, 7), 1))
                .flatMap(a -> Stream.of(Unfolding.values())
                        .filter(u -> u.appliesTo(layer((WeightShape) a.get()[0], (int) a.get()[1])))
                        .map(u -> Arguments.of(a.get()[0], a.get()[1], u)));
    }

    @ParameterizedTest
    @MethodSource("weights")
    void atFullRankTheFactorsMultiplyToTheWeight(WeightShape shape, int groups, Unfolding unfolding) {
        Layer layer = layer(shape, groups);
        float[] weight = random(shape);
        int full = unfolding.maxRank(layer);

        FactorizedLayer split =
                factorizer.factor(layer, weight, unfolding, full).at(full);

        assertThat(product(split)).hasSameSizeAs(weight);
        float[] product = product(split);
        for (int i = 0; i < weight.length; i++) {
            assertThat(product[i]).isCloseTo(weight[i], within(1e-5f));
        }
        assertThat(split.error()).isZero();
    }

    @ParameterizedTest
    @MethodSource("weights")
    void theErrorOfARankIsTheDistanceOfTheProductFromTheWeight(WeightShape shape, int groups, Unfolding unfolding) {
        Layer layer = layer(shape, groups);
        float[] weight = random(shape);
        int full = unfolding.maxRank(layer);
        LayerFactors factors = factorizer.factor(layer, weight, unfolding, full);

        for (int rank = 1; rank <= full; rank++) {
            float[] product = product(factors.at(rank));
            double distance = 0;
            double norm = 0;
            for (int i = 0; i < weight.length; i++) {
                distance += Math.pow(product[i] - weight[i], 2);
                norm += Math.pow(weight[i], 2);
            }
            assertThat(factors.error(rank)).isCloseTo(Math.sqrt(distance / norm), within(1e-5));
            assertThat(factors.at(rank).error()).isEqualTo(factors.error(rank));
        }
    }

    @Test
    void aZeroWeightHasZeroFactorsAndNoError() {
        WeightShape shape = new WeightShape(3, 2, List.of(3, 3));

        FactorizedLayer split = factorizer
                .factor(layer(shape, 1), new float[54], Unfolding.INPUT_CHANNEL, 2)
                .at(2);

        assertThat(split.first()).containsOnly(0f);
        assertThat(split.second()).containsOnly(0f);
        assertThat(split.error()).isZero();
    }

    @Test
    void refusesARankThatIsNotThere() {
        Layer layer = layer(new WeightShape(3, 2, List.of(3, 3)), 1);

        assertThatThrownBy(() -> factorizer.factor(layer, new float[54], Unfolding.INPUT_CHANNEL, 3))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Layer 'layer' (3×2×3×3) has no rank 3 with the input-channel unfolding; allowed: 1 … 2.");
    }

    @Test
    void refusesAWeightOfAnotherSize() {
        Layer layer = layer(new WeightShape(3, 2, List.of(3, 3)), 1);

        assertThatThrownBy(() -> factorizer.factor(layer, new float[53], Unfolding.INPUT_CHANNEL, 1))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Layer 'layer' of shape 3×2×3×3 needs 54 weights, found 53.");
    }

    @Test
    void namesTheLayerWhoseWeightIsNotFinite() {
        Layer layer = layer(WeightShape.linear(2, 2), 1);

        assertThatThrownBy(() -> factorizer.factor(layer, new float[] {1, 2, Float.NaN, 4}, Unfolding.INPUT_CHANNEL, 1))
                .isInstanceOf(LinearAlgebraException.class)
                .hasMessageStartingWith("Layer 'layer': ")
                .hasMessageContaining("NaN");
    }

    @Test
    void theSpatialUnfoldingIsForKernelsOfTwoDims() {
        for (WeightShape shape : List.of(
                WeightShape.linear(4, 4),
                new WeightShape(4, 4, List.of(3)),
                new WeightShape(4, 4, List.of(1, 3)),
                new WeightShape(4, 4, List.of(3, 1)),
                new WeightShape(4, 4, List.of(2, 2, 2)))) {
            float[] weight = random(shape);
            assertThatThrownBy(() -> factorizer.factor(layer(shape, 1), weight, Unfolding.SPATIAL, 1))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("Layer 'layer' (" + shape + ") has no spatial unfolding, which is for two-dimensional"
                            + " kernels of more than one row and column.");
        }
    }

    private static Layer layer(WeightShape weight, int groups) {
        LayerId id = new LayerId("layer");
        if (weight.kernel().isEmpty()) {
            return new LinearLayer(
                    id,
                    weight,
                    List.of(1L, (long) weight.inPerGroup()),
                    List.of(1L, (long) weight.out()),
                    Optional.empty());
        }
        List<Long> spatial = Collections.nCopies(weight.kernel().size(), 8L);
        return new ConvLayer(
                id,
                weight,
                groups,
                Collections.nCopies(weight.kernel().size(), 1),
                concat((long) weight.inPerGroup() * groups, spatial),
                concat(weight.out(), spatial),
                Optional.empty());
    }

    private static List<Long> concat(long channels, List<Long> spatial) {
        return Stream.concat(Stream.of(1L, channels), spatial.stream()).toList();
    }

    private static float[] random(WeightShape shape) {
        Random random = new Random(shape.hashCode());
        float[] weight = new float[(int) shape.elements()];
        for (int i = 0; i < weight.length; i++) {
            weight[i] = (float) random.nextGaussian();
        }
        return weight;
    }

    /** What the two layers compute together, as one weight W[n][m/g][k…]: no dim of the kernel is in both, so taps add up. */
    private static float[] product(FactorizedLayer split) {
        Layer layer = split.layer();
        int in = layer.weight().inPerGroup();
        int taps = layer.weight().kernelSize();
        int rank = split.split().rank();
        int outPerGroup = layer.weight().out() / layer.groups();
        int firstTaps = split.firstShape().kernelSize();
        int secondTaps = split.secondShape().kernelSize();
        float[] product = new float[(int) layer.weight().elements()];
        for (int o = 0; o < layer.weight().out(); o++) {
            int firstChannel = o / outPerGroup * rank;
            for (int c = 0; c < in; c++) {
                for (int k = 0; k < taps; k++) {
                    // Row-major, so the taps of the second layer, where both have some, are the last dim.
                    int firstTap = firstTaps == 1 ? 0 : k / secondTaps;
                    int secondTap = secondTaps == 1 ? 0 : k % secondTaps;
                    double sum = 0;
                    for (int r = 0; r < rank; r++) {
                        float a = split.first()[((firstChannel + r) * in + c) * firstTaps + firstTap];
                        float b = split.second()[(o * rank + r) * secondTaps + secondTap];
                        sum += (double) a * b;
                    }
                    product[(o * in + c) * taps + k] = (float) sum;
                }
            }
        }
        return product;
    }
}
