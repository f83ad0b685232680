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
import dev.wsvd.domain.moments.JointMoments;
import dev.wsvd.domain.moments.Projection;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** On inputs that the layers before have moved. */
class SequentialCorrectionTest {
    private static final int GROUPS = 2;
    private static final int OUT = 3;
    private static final int IN = 4;
    private static final int TAPS = 3;
    private static final int PATCH = IN * TAPS;
    private static final int RANK = 2;
    private static final Layer LAYER = Layer.of(
            new LayerId("conv"),
            new Convolution(new WeightShape(GROUPS * OUT, IN, List.of(TAPS)), GROUPS, List.of(1)),
            List.of(1L, (long) GROUPS * IN, 20L),
            List.of(1L, (long) GROUPS * OUT, 18L));

    private final LinearAlgebra linearAlgebra = new PlainLinearAlgebra();
    private final Weights weights = Weights.of(LAYER.weight(), gaussian(new Random(1), GROUPS * OUT * PATCH));
    private final Choice choice = Choice.of("input-channel", RANK);
    private final Replacement split = new WeightSvd()
            .factor(LAYER, weights, Optional.empty(), choice, linearAlgebra)
            .at(choice);

    @Test
    void theLastStageIsFittedAnewToWhatTheLayerGave() {
        List<JointMoments> learnt = moments(new Random(2), 0.5);
        List<JointMoments> heldOut = moments(new Random(3), 0.5);

        Replacement corrected = new SequentialCorrection(linearAlgebra).correct(split, weights, learnt, heldOut);

        assertThat(corrected.choice()).isEqualTo(choice);
        assertThat(corrected.predictedError()).isEqualTo(split.predictedError());
        assertThat(corrected.parts().get(0)).isSameAs(split.parts().get(0));
        assertThat(error(corrected, heldOut)).isLessThan(0.8 * error(split, heldOut));
        // Nothing else fits the inputs it learnt from better, but for the ridge.
        double least = error(corrected, learnt);
        Random random = new Random(4);
        for (int i = 0; i < 20; i++) {
            assertThat(error(moved(corrected, random, 0.05f), learnt)).isGreaterThan(least);
        }
        assertThat(missedMean(corrected, learnt)).isCloseTo(0, within(1e-5));
    }

    @Test
    void whatIsWorseOnOtherInputsIsNotTaken() {
        List<JointMoments> learnt = moments(new Random(2), 0.5);
        List<JointMoments> heldOut = moments(new Random(3), -1);

        assertThat(new SequentialCorrection(linearAlgebra).correct(split, weights, learnt, heldOut))
                .isSameAs(split);
    }

    /** Patches x, and x̂ = scale · x + 1 + noise in the compressed network. */
    private List<JointMoments> moments(Random random, double scale) {
        Projection projection = Projections.of(split, linearAlgebra).orElseThrow();
        List<JointMoments> byGroup = new ArrayList<>();
        int width = projection.width();
        int samples = 400;
        for (int g = 0; g < GROUPS; g++) {
            double[][] x = new double[samples][PATCH];
            double[][] y = new double[samples][OUT];
            double[][] z = new double[samples][width];
            Matrix p = projection.byGroup().get(g);
            float[] w = weights.rows(g * OUT, (g + 1) * OUT);
            for (int s = 0; s < samples; s++) {
                double common = random.nextGaussian();
                double[] seen = new double[PATCH];
                for (int i = 0; i < PATCH; i++) {
                    x[s][i] = 0.3 + common + random.nextGaussian();
                    seen[i] = scale * x[s][i] + 1 + 0.1 * random.nextGaussian();
                }
                for (int i = 0; i < OUT * PATCH; i++) {
                    y[s][i / PATCH] += w[i] * x[s][i % PATCH];
                }
                for (int i = 0; i < width; i++) {
                    for (int d = 0; d < IN; d++) {
                        z[s][i] += p.get(i / TAPS, d) * seen[d * TAPS + i % TAPS];
                    }
                }
            }
            Matrix cross = KnownLayers.covariance(y, z);
            double energy = 0;
            Matrix outputs = KnownLayers.covariance(y, y);
            for (int o = 0; o < OUT; o++) {
                energy += outputs.get(o, o);
            }
            byGroup.add(new JointMoments(
                    KnownLayers.mean(z),
                    KnownLayers.covariance(z, z),
                    cross,
                    energy,
                    KnownLayers.mean(x),
                    new double[cross.rows()]));
        }
        return byGroup;
    }

    /** E‖y − B z − b‖², element by element. */
    private double error(Replacement replacement, List<JointMoments> moments) {
        double error = Math.pow(missedMean(replacement, moments), 2);
        float[] b = replacement.parts().get(1).weights().all();
        int width = RANK * TAPS;
        for (int o = 0; o < GROUPS * OUT; o++) {
            JointMoments group = moments.get(o / OUT);
            error += o % OUT == 0 ? group.energy() : 0;
            for (int i = 0; i < width; i++) {
                error -= 2 * b[o * width + i] * group.cross().get(o % OUT, i);
                for (int j = 0; j < width; j++) {
                    error += (double) b[o * width + i]
                            * b[o * width + j]
                            * group.covariance().get(i, j);
                }
            }
        }
        return error;
    }

    /** ‖E[y] − B E[z] − b‖. */
    private double missedMean(Replacement replacement, List<JointMoments> moments) {
        Stage last = replacement.parts().get(1);
        float[] b = last.weights().all();
        float[] added = last.biasCorrection().orElse(new float[GROUPS * OUT]);
        int width = RANK * TAPS;
        double sum = 0;
        for (int o = 0; o < GROUPS * OUT; o++) {
            JointMoments group = moments.get(o / OUT);
            double missed = -added[o];
            for (int i = 0; i < PATCH; i++) {
                missed += weights.all()[o * PATCH + i] * group.originalMean()[i];
            }
            for (int i = 0; i < width; i++) {
                missed -= b[o * width + i] * group.mean()[i];
            }
            sum += missed * missed;
        }
        return Math.sqrt(sum);
    }

    private static Replacement moved(Replacement replacement, Random random, float by) {
        Stage last = replacement.parts().get(1);
        float[] weights = last.weights().all().clone();
        float[] noise = gaussian(random, weights.length);
        for (int i = 0; i < weights.length; i++) {
            weights[i] += by * noise[i];
        }
        Stage other = new Stage(last.op(), Weights.of(last.op().weight(), weights), last.biasCorrection());
        return Replacement.of(
                LAYER, replacement.choice(), List.of(replacement.parts().get(0), other), 0);
    }

    private static float[] gaussian(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
