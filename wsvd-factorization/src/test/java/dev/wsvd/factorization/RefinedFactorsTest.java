package dev.wsvd.factorization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.moments.PatchMoments;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressionScheme;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Projectors of a rank's own, on inputs whose taps are correlated. */
class RefinedFactorsTest {
    private static final int OUT = 12;
    private static final int IN = 8;
    private static final int SIDE = 3;
    private static final int PATCH = IN * SIDE * SIDE;

    private final LinearAlgebra linearAlgebra = new PlainLinearAlgebra();
    private final Layer layer = Layer.of(
            new LayerId("conv"),
            new Convolution(new WeightShape(OUT, IN, List.of(SIDE, SIDE)), 1, List.of(1, 1)),
            List.of(1L, (long) IN, 9L, 9L),
            List.of(1L, (long) OUT, 7L, 7L));

    static Stream<Arguments> forms() {
        return Stream.of(
                Arguments.of(new WeightSvd(), "input-channel", 8), Arguments.of(new SpatialSvd(), "spatial", 24));
    }

    @ParameterizedTest
    @MethodSource("forms")
    void missLessWhereTapsShareThem(CompressionScheme scheme, String form, int full) {
        Random random = new Random(5);
        float[] weight = new float[OUT * PATCH];
        for (int i = 0; i < weight.length; i++) {
            weight[i] = (float) random.nextGaussian();
        }
        Matrix covariance = covariance(random);
        LayerMoments moments = new LayerMoments(1000, List.of(new PatchMoments(new double[PATCH], covariance)));
        Factors factors = scheme.factor(
                layer, Weights.of(layer.weight(), weight), Optional.of(moments), Choice.of(form, full), linearAlgebra);

        for (int rank = 1; rank < full; rank++) {
            Choice choice = Choice.of(form, rank);
            Replacement refined = factors.refined(choice);
            assertThat(factors.at(choice).predictedError()).isCloseTo(factors.error(choice), within(1e-12));
            assertThat(refined.predictedError())
                    .as("rank %d", rank)
                    .isCloseTo(missed(weight, refined, covariance), within(1e-5))
                    .isLessThanOrEqualTo(factors.error(choice));
        }
        Choice three = Choice.of(form, 3);
        assertThat(factors.refined(three).predictedError()).isLessThan(0.97 * factors.error(three));
    }

    /** Of inputs with few strong directions, other ones at every tap. */
    private Matrix covariance(Random random) {
        int directions = PATCH;
        double[] spread = new double[PATCH * directions];
        for (int i = 0; i < spread.length; i++) {
            spread[i] = random.nextGaussian() / (1 + i % directions);
        }
        Matrix s = new Matrix(PATCH, directions, spread);
        return linearAlgebra.multiply(s, s.transposed());
    }

    /** √(tr[(W − W') C (W − W')ᵀ] / tr[W C Wᵀ]), element by element. */
    private static double missed(float[] weight, Replacement replacement, Matrix covariance) {
        float[] product = Composition.of(replacement);
        double missed = 0;
        double all = 0;
        for (int o = 0; o < OUT; o++) {
            double[] w = new double[PATCH];
            double[] difference = new double[PATCH];
            for (int i = 0; i < PATCH; i++) {
                w[i] = weight[o * PATCH + i];
                difference[i] = w[i] - product[o * PATCH + i];
            }
            missed += quadratic(difference, covariance);
            all += quadratic(w, covariance);
        }
        return Math.sqrt(missed / all);
    }

    private static double quadratic(double[] x, Matrix c) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            for (int j = 0; j < x.length; j++) {
                sum += x[i] * x[j] * c.get(i, j);
            }
        }
        return sum;
    }
}
