package dev.wsvd.domain.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Optional;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** That the search finds what it should where it can, and gives up where it cannot. */
class BlockLanczosTest {
    private static final int SIZE = 420;
    private static final LinearAlgebra PLAIN = new PlainLinearAlgebra();

    static Stream<Arguments> spectra() {
        return Stream.of(
                spectrum("harmonic", i -> 1.0 / (1 + i)),
                spectrum("geometric", i -> Math.pow(0.8, i)),
                spectrum("repeated", i -> i < 30 ? 3 : 0.01),
                spectrum("repeated below the first", i -> i == 0 ? 5 : i < 40 ? 2 : 0.01),
                spectrum("one dominant", i -> i == 0 ? 1e5 : 1.0 / (1 + i)),
                spectrum("three of many", i -> i < 3 ? 3 - i : 0),
                spectrum("zero", i -> 0),
                spectrum("scale 1e18", i -> 1e18 / (1 + i)),
                spectrum("scale 1e-18", i -> 1e-18 / (1 + i)));
    }

    private static Arguments spectrum(String name, IntToDoubleFunction singularValue) {
        return Arguments.of(name, singularValue);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("spectra")
    void findsTheLeadingEigenpairs(String name, IntToDoubleFunction singularValue) {
        int count = 12;
        Matrix g = gram(singularValue);

        Optional<SymmetricEigen> found = BlockLanczos.leading(PLAIN, g, count);

        assertThat(found).isPresent();
        SymmetricEigen eigen = found.orElseThrow();
        double largest = singularValue.applyAsDouble(0);
        assertThat(eigen.values()).hasSize(count);
        for (int i = 0; i < count; i++) {
            assertThat(Math.sqrt(Math.max(0, eigen.values()[i])))
                    .isCloseTo(singularValue.applyAsDouble(i), within(1e-6 * largest));
        }
        Matrix products = PLAIN.multiply(eigen.vectors(), eigen.vectors().transposed());
        for (int i = 0; i < count * count; i++) {
            assertThat(products.data()[i]).isCloseTo(i / count == i % count ? 1 : 0, within(1e-12));
        }
    }

    @Test
    void givesUpOnAFlatSpectrum() {
        assertThat(BlockLanczos.leading(PLAIN, gram(i -> 1 - 1e-3 * i), 12)).isEmpty();
    }

    @Test
    void isForFewOfMany() {
        assertThat(BlockLanczos.worthwhile(2_001, 62)).isTrue();
        assertThat(BlockLanczos.worthwhile(2_001, 63)).isFalse();
        assertThat(BlockLanczos.worthwhile(2_000, 1)).isFalse();
    }

    /** Q diag(σ²) Qᵀ with Q of three reflections. */
    private static Matrix gram(IntToDoubleFunction singularValue) {
        double[] g = new double[SIZE * SIZE];
        for (int i = 0; i < SIZE; i++) {
            g[i * SIZE + i] = Math.pow(singularValue.applyAsDouble(i), 2);
        }
        Random random = new Random(1);
        for (int k = 0; k < 3; k++) {
            double[] v = random.doubles(SIZE, -1, 1).toArray();
            double length = 0;
            for (double x : v) {
                length += x * x;
            }
            for (int pass = 0; pass < 2; pass++) {
                for (int j = 0; j < SIZE; j++) {
                    double dot = 0;
                    for (int i = 0; i < SIZE; i++) {
                        dot += v[i] * g[at(pass, i, j)];
                    }
                    for (int i = 0; i < SIZE; i++) {
                        g[at(pass, i, j)] -= 2 * dot / length * v[i];
                    }
                }
            }
        }
        return new Matrix(SIZE, SIZE, g);
    }

    private static int at(int pass, int i, int j) {
        return pass == 0 ? i * SIZE + j : j * SIZE + i;
    }
}
