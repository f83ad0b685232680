package dev.wsvd.testkit;

import static dev.wsvd.testkit.MatrixAssertions.ROUNDING;
import static dev.wsvd.testkit.MatrixAssertions.assertProduct;
import static dev.wsvd.testkit.MatrixAssertions.assertRefused;
import static dev.wsvd.testkit.MatrixAssertions.assertShape;
import static dev.wsvd.testkit.MatrixAssertions.norm;
import static dev.wsvd.testkit.MatrixAssertions.rowProduct;
import static dev.wsvd.testkit.MatrixAssertions.widened;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.wsvd.domain.linalg.Cholesky;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What {@link LinearAlgebra} promises of products and of the Cholesky decomposition. */
interface ProductPromises {
    /** The instance under test. */
    LinearAlgebra underTest();

    @TestFactory
    default Stream<DynamicTest> gramIsTheMatrixTimesItsTranspose() {
        return each(Stream.concat(MatrixGallery.wide().stream(), MatrixGallery.tall().stream()), sample -> {
            FloatMatrix a = sample.matrix();
            Matrix g = underTest().gram(a);
            assertShape(a.rows(), a.rows(), g.rows(), g.cols());
            for (int i = 0; i < a.rows(); i++) {
                for (int j = 0; j < a.rows(); j++) {
                    double scale = Math.sqrt(rowProduct(a, i, i)) * Math.sqrt(rowProduct(a, j, j));
                    assertEquals(rowProduct(a, i, j), g.get(i, j), ROUNDING * scale, "element " + i + ", " + j);
                    assertEquals(g.get(j, i), g.get(i, j), "symmetry at " + i + ", " + j);
                }
            }
        });
    }

    @TestFactory
    default Stream<DynamicTest> crossIsTheMatrixTimesTheOtherTransposed() {
        return each(Stream.concat(MatrixGallery.wide().stream(), MatrixGallery.tall().stream()), sample -> {
            FloatMatrix a = sample.matrix();
            for (int rows : new int[] {1, 2, 37, 300}) {
                FloatMatrix b = MatrixGallery.random(rows, a.cols()).matrix();
                Matrix cross = underTest().cross(a, b);
                assertShape(a.rows(), rows, cross.rows(), cross.cols());
                assertCross(a, b, cross);
            }
        });
    }

    private static void assertCross(FloatMatrix a, FloatMatrix b, Matrix cross) {
        for (int i = 0; i < cross.rows(); i++) {
            for (int j = 0; j < cross.cols(); j++) {
                double sum = 0;
                double scale = 0;
                for (int k = 0; k < a.cols(); k++) {
                    double product = (double) a.data()[i * a.cols() + k] * b.data()[j * b.cols() + k];
                    sum += product;
                    scale += Math.abs(product);
                }
                assertEquals(sum, cross.get(i, j), ROUNDING * scale, "element " + i + ", " + j);
            }
        }
    }

    @TestFactory
    default Stream<DynamicTest> sumsGrowByTheProducts() {
        return each(Stream.concat(MatrixGallery.wide().stream(), MatrixGallery.tall().stream()), sample -> {
            FloatMatrix a = sample.matrix();
            int p = a.rows();
            double[] upper = new double[p * p];
            Arrays.fill(upper, 2);
            underTest().addGram(a, upper);
            FloatMatrix b = MatrixGallery.random(37, a.cols()).matrix();
            double[] sum = new double[37 * p];
            Arrays.fill(sum, 2);
            underTest().addCross(b, a, sum);
            Matrix gram = underTest().gram(a);
            Matrix cross = underTest().cross(b, a);
            for (int i = 0; i < p; i++) {
                for (int j = i; j < p; j++) {
                    double expected = 2 + gram.get(i, j);
                    assertEquals(expected, upper[i * p + j], ROUNDING * (1 + Math.abs(expected)), i + ", " + j);
                }
                for (int j = 0; j < 37; j++) {
                    double expected = 2 + cross.get(j, i);
                    assertEquals(expected, sum[j * p + i], ROUNDING * (1 + Math.abs(expected)), j + ", " + i);
                }
            }
        });
    }

    @TestFactory
    default Stream<DynamicTest> productsWithATransposedMatrixAreThoseWithACopy() {
        return each(Stream.of(1, 2, 50, 140), size -> {
            for (int inner : new int[] {1, 37, 600}) {
                Matrix a = widened(MatrixGallery.random(size, inner).matrix());
                Matrix b = widened(MatrixGallery.random(77, inner).matrix());
                Matrix transposed = b.transposed();
                Matrix product = underTest().timesTransposed(a, b);
                assertShape(size, 77, product.rows(), product.cols());
                assertProduct(a, transposed, product);
                assertProduct(a, transposed, underTest().transposedTimes(a.transposed(), transposed));
            }
        });
    }

    @TestFactory
    default Stream<DynamicTest> choleskyGivesTheMatrixBackAndSolves() {
        return each(Stream.of(1, 2, 63, 64, 65, 200), n -> {
            Matrix half = widened(MatrixGallery.random(n, n).matrix());
            double[] elements = underTest().timesTransposed(half, half).data();
            for (int i = 0; i < n; i++) {
                elements[i * n + i] += n;
            }
            Matrix a = new Matrix(n, n, elements);
            Cholesky cholesky = underTest().cholesky(a);
            Matrix upper = cholesky.upper();
            Matrix inverse = cholesky.inverseFactor();
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < i; j++) {
                    assertEquals(0, upper.get(i, j), "below the diagonal at " + i + ", " + j);
                    assertEquals(0, inverse.get(j, i), "above the diagonal at " + j + ", " + i);
                }
            }
            double scale = norm(a);
            assertClose(a, underTest().transposedTimes(upper, upper), ROUNDING * scale);
            Matrix identity = underTest().timesTransposed(inverse, upper);
            assertClose(identity(n), identity, ROUNDING * scale);
            for (int m : new int[] {1, (n + 1) / 2, n}) {
                Matrix known = widened(MatrixGallery.random(m, 3).matrix());
                Matrix right = underTest().multiply(block(a, m), known);
                Matrix padded = new Matrix(n, 3, Arrays.copyOf(right.data(), n * 3));
                double[] lower = underTest().cholesky(a).solveLower(padded).data();
                Matrix found = cholesky.solveUpper(new Matrix(m, 3, Arrays.copyOf(lower, m * 3)));
                assertClose(known, found, ROUNDING * scale);
            }
            Matrix known = widened(MatrixGallery.random(n, 5).matrix());
            assertClose(known, cholesky.solve(underTest().multiply(a, known)), ROUNDING * scale);
        });
    }

    private static void assertClose(Matrix expected, Matrix found, double tolerance) {
        assertShape(expected.rows(), expected.cols(), found.rows(), found.cols());
        assertArrayEquals(expected.data(), found.data(), tolerance);
    }

    private static double norm(Matrix a) {
        return Math.sqrt(Arrays.stream(a.data()).map(x -> x * x).sum());
    }

    private static Matrix identity(int n) {
        double[] data = new double[n * n];
        for (int i = 0; i < n; i++) {
            data[i * n + i] = 1;
        }
        return new Matrix(n, n, data);
    }

    private static Matrix block(Matrix a, int size) {
        double[] data = new double[size * size];
        for (int i = 0; i < size; i++) {
            System.arraycopy(a.data(), i * a.cols(), data, i * size, size);
        }
        return new Matrix(size, size, data);
    }

    @Test
    default void choleskyRefusesWhatIsNotPositiveDefinite() {
        Matrix a = new Matrix(3, 3, new double[] {2, 0, 0, 0, 1, 2, 0, 2, 1});
        assertRefused(() -> underTest().cholesky(a), "3×3", "not positive definite", "pivot 2");
        assertRefused(() -> underTest().cholesky(new Matrix(2, 3, new double[6])), "2×3", "must be square");
    }

    @TestFactory
    default Stream<DynamicTest> productIsAccumulatedInFloat64AndRoundedOnce() {
        return each(Stream.concat(MatrixGallery.wide().stream(), MatrixGallery.tall().stream()), sample -> {
            FloatMatrix b = sample.matrix();
            for (int rows : new int[] {1, 2, 37, 130}) {
                Matrix a = widened(MatrixGallery.random(rows, b.rows()).matrix());
                FloatMatrix product = underTest().multiply(a, b);
                assertShape(rows, b.cols(), product.rows(), product.cols());
                assertProduct(a, b, product);
            }
        });
    }

    @Test
    default void productSurvivesCancellation() {
        Matrix a = new Matrix(1, 3, new double[] {1e12, 1, -1e12});
        FloatMatrix b = new FloatMatrix(3, 2, new float[] {1, 3, 0.5f, 0.25f, 1, 3});
        assertArrayEquals(new float[] {0.5f, 0.25f}, underTest().multiply(a, b).data());
    }

    @TestFactory
    default Stream<DynamicTest> productOfFloat64IsExactToRounding() {
        return each(Stream.of(1, 2, 50, 140), size -> {
            for (int inner : new int[] {1, 37, 600}) {
                Matrix a = widened(MatrixGallery.random(size, inner).matrix());
                Matrix b = widened(MatrixGallery.random(inner, 3 * size).matrix());
                Matrix product = underTest().multiply(a, b);
                assertShape(size, 3 * size, product.rows(), product.cols());
                assertProduct(a, b, product);
            }
        });
    }

    @Test
    default void productsBeyondFloat32AreRefused() {
        Matrix a = new Matrix(2, 1, new double[] {1, 1e30});
        FloatMatrix b = new FloatMatrix(1, 3, new float[] {1, 1e9f, 1});
        assertRefused(() -> underTest().multiply(a, b), "2×1", "1×3", "row 1");
    }

    static <T> Stream<DynamicTest> each(Stream<T> samples, Consumer<T> test) {
        return samples.map(sample -> dynamicTest(sample.toString(), () -> test.accept(sample)));
    }
}
