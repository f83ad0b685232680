package dev.wsvd.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.linalg.TruncatedSvd;
import dev.wsvd.testkit.MatrixGallery;
import dev.wsvd.testkit.MatrixGallery.Sample;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whichever backend is on the classpath, the compressed layer is the same to 1e-5. */
class BackendsAgreeTest {
    private static final Map<String, LinearAlgebra> BACKENDS = Backends.all();

    /** Matrices whose A_r is unique. */
    static Stream<Arguments> matrices() {
        return Stream.of(
                Arguments.of(MatrixGallery.random(64, 576), 57),
                Arguments.of(MatrixGallery.random(300, 700), 100),
                Arguments.of(MatrixGallery.spectrum("even", 200, 300, i -> 200 - i), 80),
                Arguments.of(MatrixGallery.spectrum("geometric", 150, 200, i -> Math.pow(0.9, i)), 40),
                // Few directions of a large matrix, and the same where the search for few of them is given up.
                Arguments.of(MatrixGallery.spectrum("harmonic", 2_050, 2_060, i -> 1.0 / (1 + i)), 12),
                Arguments.of(MatrixGallery.random(2_050, 2_060), 12));
    }

    @ParameterizedTest
    @MethodSource("matrices")
    void reconstructionsAgree(Sample sample, int rank) {
        FloatMatrix a = sample.matrix();
        double norm = norm(a.data());
        TruncatedSvd reference = BACKENDS.get("ejml").svd(a, rank);
        float[] expected = reconstruction(reference);

        BACKENDS.forEach((id, backend) -> {
            TruncatedSvd svd = id.equals("ejml") ? reference : backend.svd(a, rank);
            float[] difference = reconstruction(svd);
            for (int i = 0; i < difference.length; i++) {
                difference[i] -= expected[i];
            }
            assertThat(norm(difference) / norm).as(id).isLessThan(1e-5);
            assertThat(Math.abs(Math.sqrt(svd.remainder()) - Math.sqrt(reference.remainder())) / norm)
                    .as(id)
                    .isLessThan(1e-5);
        });
    }

    private static float[] reconstruction(TruncatedSvd svd) {
        Matrix u = svd.ut().transposed();
        return BACKENDS.get("ejml").multiply(u, svd.svt()).data();
    }

    private static double norm(float[] data) {
        double energy = 0;
        for (float x : data) {
            energy += (double) x * x;
        }
        return Math.sqrt(energy);
    }
}
