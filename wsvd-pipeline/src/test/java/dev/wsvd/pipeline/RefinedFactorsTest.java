package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.domain.ConvLayer;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.WeightShape;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.factor.Factorizer;
import dev.wsvd.domain.factor.LayerFactors;
import dev.wsvd.domain.factor.LayerMoments;
import dev.wsvd.domain.factor.PatchMoments;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Projectors of a rank's own, on inputs whose taps are correlated. */
class RefinedFactorsTest {
    private static final int OUT = 12;
    private static final int IN = 8;
    private static final int SIDE = 3;
    private static final int PATCH = IN * SIDE * SIDE;

    private final LinearAlgebra linearAlgebra = new EjmlProvider().create();
    private final Layer layer = new ConvLayer(
            new LayerId("conv"),
            new WeightShape(OUT, IN, List.of(SIDE, SIDE)),
            1,
            List.of(1, 1),
            List.of(1L, (long) IN, 9L, 9L),
            List.of(1L, (long) OUT, 7L, 7L),
            Optional.empty());

    @ParameterizedTest
    @EnumSource(
            value = Unfolding.class,
            names = {"INPUT_CHANNEL", "SPATIAL"})
    void missLessWhereTapsShareThem(Unfolding unfolding) {
        Random random = new Random(5);
        float[] weight = new float[OUT * PATCH];
        for (int i = 0; i < weight.length; i++) {
            weight[i] = (float) random.nextGaussian();
        }
        Matrix covariance = covariance(random);
        LayerMoments moments = new LayerMoments(1000, List.of(new PatchMoments(new double[PATCH], covariance)));
        int full = unfolding.maxRank(layer);
        LayerFactors factors = new Factorizer(linearAlgebra).factor(layer, weight, moments, unfolding, full);

        for (int rank = 1; rank < full; rank++) {
            FactorizedLayer refined = factors.refined(rank);
            assertThat(factors.at(rank).error()).isCloseTo(factors.error(rank), within(1e-12));
            assertThat(refined.error())
                    .as("rank %d", rank)
                    .isCloseTo(missed(weight, refined, covariance), within(1e-5))
                    .isLessThanOrEqualTo(factors.error(rank));
        }
        assertThat(factors.refined(3).error()).isLessThan(0.97 * factors.error(3));
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
    private double missed(float[] weight, FactorizedLayer split, Matrix covariance) {
        int rank = split.split().rank();
        int taps = split.split().unfolding().taps(layer);
        int projected = split.split().unfolding().projected(layer);
        double missed = 0;
        double all = 0;
        for (int o = 0; o < OUT; o++) {
            double[] w = new double[PATCH];
            double[] difference = new double[PATCH];
            for (int i = 0; i < PATCH; i++) {
                w[i] = weight[o * PATCH + i];
                difference[i] = w[i];
                for (int r = 0; r < rank; r++) {
                    difference[i] -= (double) split.second()[(o * rank + r) * taps + i % taps]
                            * split.first()[r * projected + i / taps];
                }
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
