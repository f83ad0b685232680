package dev.wsvd.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.factorization.WeightSvd;
import dev.wsvd.pipeline.resolve.Resolver;
import dev.wsvd.testkit.JavaProgram;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** VGG-16's largest layer in 3 GB of heap: 103 million weights, of 40 known directions and noise. */
@Tag("slow")
class HugeLayerTest {
    private static final int OUT = 4096;
    private static final int IN = 25088;
    private static final int DIRECTIONS = 40;
    private static final double NOISE = 1e-3;

    @TempDir
    Path folder;

    /** A small rank, and the largest that saves. */
    @ParameterizedTest
    @CsvSource({"openblas,64", "openblas,3521", "ejml,64", "ejml,3521"})
    void isDecomposed(String backend, int rank) throws Exception {
        List<String> errors = new JavaProgram(Decomposition.class)
                .option("-Xmx3g")
                .inherit("org.bytedeco.javacpp.cachedir")
                .run(folder, backend, String.valueOf(rank));

        // A direction is 100 rows by 600 columns of equal elements: 1, 2, 3 … .
        double noise = NOISE * NOISE * OUT * IN;
        double all = noise;
        for (int k = 1; k <= DIRECTIONS; k++) {
            all += 60_000.0 * k * k;
        }
        assertThat(errors).hasSize(3);
        assertThat(Double.parseDouble(errors.get(0)))
                .as("without the smallest direction")
                .isCloseTo(Math.sqrt((noise + 60_000) / all), withinPercentage(1));
        double withoutNoise = Math.sqrt(noise / all);
        assertThat(Double.parseDouble(errors.get(1)))
                .as("without the noise")
                .isCloseTo(withoutNoise, withinPercentage(2));
        assertThat(Double.parseDouble(errors.get(2)))
                .as("of the product of the two weights")
                .isCloseTo(withoutNoise, withinPercentage(2));
    }

    /** Prints the errors at the rank that is one too small, at the right one, and there of the weights themselves. */
    static final class Decomposition {
        private Decomposition() {}

        public static void main(String[] args) {
            Layer layer = Layer.of(new LayerId("fc6"), Affine.of(OUT, IN), List.of(), List.of());
            float[] weight = Weights.gaussian((long) OUT * IN, 0);
            for (int i = 0; i < weight.length; i++) {
                int row = i / IN;
                int col = i % IN;
                boolean planted = row / 100 < DIRECTIONS && row / 100 == col / 600;
                weight[i] = (float) (NOISE * weight[i]) + (planted ? 1 + row / 100 : 0);
            }
            Factors factors = new WeightSvd()
                    .factor(
                            layer,
                            dev.wsvd.domain.layer.Weights.of(layer.weight(), weight),
                            Optional.empty(),
                            rank(Integer.parseInt(args[1])),
                            Resolver.backends().resolve(Optional.of(args[0])).create());
            Replacement replacement = factors.at(rank(DIRECTIONS));
            System.out.println(factors.error(rank(DIRECTIONS - 1)));
            System.out.println(replacement.predictedError());
            System.out.println(distance(weight, replacement));
        }

        private static Choice rank(int rank) {
            return Choice.of("input-channel", rank);
        }

        private static double distance(float[] weight, Replacement replacement) {
            float[] first = replacement.parts().get(0).weights().all();
            float[] second = replacement.parts().get(1).weights().all();
            double missed = 0;
            double all = 0;
            for (int row = 0; row < OUT; row++) {
                double[] product = new double[IN];
                for (int r = 0; r < DIRECTIONS; r++) {
                    double factor = second[row * DIRECTIONS + r];
                    for (int col = 0; col < IN; col++) {
                        product[col] += factor * first[r * IN + col];
                    }
                }
                for (int col = 0; col < IN; col++) {
                    double w = weight[row * IN + col];
                    missed += (w - product[col]) * (w - product[col]);
                    all += w * w;
                }
            }
            return Math.sqrt(missed / all);
        }
    }
}
