package dev.wsvd.backend.ejml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.linalg.SymmetricEigen;
import dev.wsvd.testkit.MatrixGallery;
import java.util.Random;
import java.util.function.IntBinaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What the contract's small matrices do not reach: several levels of merging, and every size of what is left over. */
final class SymmetricEigensolverTest {
    private static final double TOLERANCE = 1e-13;

    @FunctionalInterface
    private interface Element {
        double at(int i, int j);
    }

    @TestFactory
    Stream<DynamicTest> hardSpectra() {
        return Stream.of(
                test("all ones", symmetric(150, (i, j) -> 1)),
                test("glued Wilkinson", gluedWilkinson(11, 20, 1e-9)),
                test("uncoupled blocks", symmetric(200, (i, j) -> i / 7 == j / 7 ? 1 + i % 7 + j % 7 : 0)),
                test("Hilbert", symmetric(120, (i, j) -> 1.0 / (i + j + 1))),
                test("arrow", symmetric(140, (i, j) -> i == j ? i : i == 0 || j == 0 ? 1e-3 : 0)),
                test("graded", symmetric(100, (i, j) -> Math.pow(0.1, (i + j) * 0.5))),
                test("checkerboard", symmetric(97, (i, j) -> (i + j) % 2)),
                test("distances", symmetric(260, (i, j) -> Math.abs(i - j))),
                test(
                        "repeated many times",
                        MatrixGallery.reflected("three values", 300, i -> 3 - i / 100)
                                .matrix()));
    }

    @TestFactory
    Stream<DynamicTest> randomOfEverySize() {
        return IntStream.concat(IntStream.rangeClosed(38, 72), IntStream.of(95, 96, 97, 127, 129, 255, 256, 515))
                .mapToObj(n -> {
                    Random random = new Random(n);
                    double[] upper = random.doubles((long) n * n, -1, 1).toArray();
                    IntBinaryOperator index = (i, j) -> Math.min(i, j) * n + Math.max(i, j);
                    return test("random", symmetric(n, (i, j) -> upper[index.applyAsInt(i, j)]));
                });
    }

    private static DynamicTest test(String name, Matrix a) {
        return dynamicTest(name + " (" + a + ")", () -> {
            SymmetricEigen eigen = SymmetricEigensolver.decompose(a, a.rows());
            SymmetricEigen expected = SmallEigen.decompose(a, a.rows());
            double scale = Math.max(Math.abs(expected.values()[0]), Math.abs(expected.values()[a.rows() - 1]));
            assertThat(eigen.values()).containsExactly(expected.values(), within(TOLERANCE * scale));
            assertThat(largestResidual(a, eigen)).isLessThan(TOLERANCE * scale);
            assertThat(distanceFromOrthonormal(eigen.vectors())).isLessThan(TOLERANCE);
        });
    }

    private static double largestResidual(Matrix a, SymmetricEigen eigen) {
        int n = a.rows();
        double largest = 0;
        for (int k = 0; k < n; k++) {
            for (int i = 0; i < n; i++) {
                double residual = -eigen.values()[k] * eigen.vectors().get(k, i);
                for (int j = 0; j < n; j++) {
                    residual += a.data()[i * n + j] * eigen.vectors().data()[k * n + j];
                }
                largest = Math.max(largest, Math.abs(residual));
            }
        }
        return largest;
    }

    private static double distanceFromOrthonormal(Matrix q) {
        int n = q.rows();
        double largest = 0;
        for (int k = 0; k < n; k++) {
            for (int l = 0; l <= k; l++) {
                double dot = k == l ? -1 : 0;
                for (int j = 0; j < n; j++) {
                    dot += q.data()[k * n + j] * q.data()[l * n + j];
                }
                largest = Math.max(largest, Math.abs(dot));
            }
        }
        return largest;
    }

    private static Matrix symmetric(int n, Element element) {
        double[] data = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                data[i * n + j] = element.at(i, j);
            }
        }
        return new Matrix(n, n, data);
    }

    /** Blocks |i|, 1 on the off-diagonal, hardly coupled: eigenvalues that agree to rounding, many times over. */
    private static Matrix gluedWilkinson(int blocks, int half, double glue) {
        int size = 2 * half + 1;
        return symmetric(blocks * size, (i, j) -> {
            if (i == j) {
                return Math.abs(i % size - half);
            }
            return Math.abs(i - j) > 1 ? 0 : i / size == j / size ? 1 : glue;
        });
    }
}
