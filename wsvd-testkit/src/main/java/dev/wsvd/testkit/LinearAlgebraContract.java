package dev.wsvd.testkit;

import static dev.wsvd.testkit.MatrixAssertions.FLOAT_ROUNDING;
import static dev.wsvd.testkit.MatrixAssertions.ROUNDING;
import static dev.wsvd.testkit.MatrixAssertions.assertDescending;
import static dev.wsvd.testkit.MatrixAssertions.assertOrthonormalRows;
import static dev.wsvd.testkit.MatrixAssertions.assertRefused;
import static dev.wsvd.testkit.MatrixAssertions.assertResiduals;
import static dev.wsvd.testkit.MatrixAssertions.assertSame;
import static dev.wsvd.testkit.MatrixAssertions.assertShape;
import static dev.wsvd.testkit.MatrixAssertions.copy;
import static dev.wsvd.testkit.MatrixAssertions.distance;
import static dev.wsvd.testkit.MatrixAssertions.largest;
import static dev.wsvd.testkit.MatrixAssertions.norm;
import static dev.wsvd.testkit.MatrixAssertions.rowProduct;
import static dev.wsvd.testkit.MatrixAssertions.widened;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.linalg.Spectrum;
import dev.wsvd.domain.linalg.SymmetricEigen;
import dev.wsvd.domain.linalg.TruncatedSvd;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * What {@link LinearAlgebra} promises, as tests. A backend's test class extends this one and gives its instance:
 *
 * <pre>{@code
 * final class MyLinearAlgebraTest extends LinearAlgebraContract {
 *     protected LinearAlgebra linearAlgebra() {
 *         return new MyProvider().create();
 *     }
 * }
 * }</pre>
 *
 * <p>Nothing here compares with another library: the spectra of {@link MatrixGallery} are known by construction.
 */
public abstract class LinearAlgebraContract implements ProductPromises {
    private static final double SINGULAR_VALUE = 1e-6;
    private static final double RECONSTRUCTION = 1e-5;

    /** The instance under test; the same one may be given every time. */
    protected abstract LinearAlgebra linearAlgebra();

    @Override
    public final LinearAlgebra underTest() {
        return linearAlgebra();
    }

    @TestFactory
    Stream<DynamicTest> eigenvaluesAreTheKnownOnesAndVectorsOrthonormal() {
        return ProductPromises.each(MatrixGallery.symmetric().stream(), sample -> {
            SymmetricEigen eigen = linearAlgebra().eigenSymmetric(sample.matrix());
            int n = sample.matrix().rows();
            assertEquals(n, eigen.values().length);
            assertShape(n, n, eigen.vectors().rows(), eigen.vectors().cols());
            assertDescending(eigen.values());
            assertOrthonormalRows(eigen.vectors());
            double tolerance = ROUNDING * largest(sample.eigenvalues());
            assertArrayEquals(sample.eigenvalues(), eigen.values(), tolerance);
            double trace = 0;
            for (int i = 0; i < sample.matrix().rows(); i++) {
                trace += sample.matrix().get(i, i);
            }
            assertEquals(trace, Arrays.stream(eigen.values()).sum(), tolerance * eigen.values().length, "trace");
        });
    }

    @TestFactory
    Stream<DynamicTest> eigenvectorsSatisfyTheirEquation() {
        return ProductPromises.each(MatrixGallery.symmetric().stream(), sample -> {
            assertResiduals(sample, linearAlgebra().eigenSymmetric(sample.matrix()));
        });
    }

    @TestFactory
    Stream<DynamicTest> leadingEigenvectorsAreTheFirstOfAll() {
        return ProductPromises.each(MatrixGallery.symmetric().stream(), sample -> {
            SymmetricEigen all = linearAlgebra().eigenSymmetric(sample.matrix());
            int n = sample.matrix().rows();
            int count = (n + 2) / 3;
            SymmetricEigen leading = linearAlgebra().eigenLeading(sample.matrix(), count);
            assertArrayEquals(all.values(), leading.values(), ROUNDING * largest(all.values()));
            assertShape(count, n, leading.vectors().rows(), leading.vectors().cols());
            assertOrthonormalRows(leading.vectors());
            assertResiduals(sample, leading);
        });
    }

    @TestFactory
    Stream<DynamicTest> valuesAloneAreThoseThatComeWithVectors() {
        return ProductPromises.each(MatrixGallery.symmetric().stream(), sample -> {
            double[] alone = linearAlgebra().eigenvalues(sample.matrix());
            assertArrayEquals(sample.eigenvalues(), alone, ROUNDING * largest(sample.eigenvalues()));
        });
    }

    @TestFactory
    Stream<DynamicTest> singularValuesAreTheKnownOnes() {
        return ProductPromises.each(MatrixGallery.wide().stream(), sample -> {
            TruncatedSvd svd = fullSvd(sample.matrix());
            Spectrum alone = linearAlgebra().singularValues(sample.matrix());
            assertEquals(sample.matrix().cols(), alone.columns());
            assertArrayEquals(svd.values(), alone.values(), SINGULAR_VALUE * largest(svd.values()));
            assertEquals(sample.matrix().rows(), svd.values().length);
            assertDescending(svd.values());
            assertTrue(svd.values()[svd.values().length - 1] >= 0, "negative singular value");
            sample.singularValues()
                    .ifPresent(known -> assertArrayEquals(known, svd.values(), SINGULAR_VALUE * largest(known)));
            double energy = Arrays.stream(svd.values()).map(s -> s * s).sum();
            double norm = norm(sample.matrix());
            assertEquals(norm, Math.sqrt(energy), SINGULAR_VALUE * norm, "‖A‖_F");
        });
    }

    @TestFactory
    Stream<DynamicTest> reconstructionMissesJustTheDroppedSingularValues() {
        return ProductPromises.each(MatrixGallery.wide().stream(), sample -> {
            double[] values = sample.singularValues()
                    .orElseGet(() -> fullSvd(sample.matrix()).values());
            for (int rank : ranks(sample.matrix())) {
                checkTruncated(sample.matrix(), values, rank);
            }
        });
    }

    /**
     * The SVD of the port finds a few directions of a matrix with more than 2000 rows in another way than all. One of the
     * backend's own does not change its way there, and could take minutes.
     */
    @TestFactory
    Stream<DynamicTest> smallRanksOfALargeMatrixAreAsGood() {
        int rows = hasSvdOfThePort() ? 2_001 : 400;
        return ProductPromises.each(
                MatrixGallery.large(rows).stream(),
                sample ->
                        checkTruncated(sample.matrix(), sample.singularValues().orElseThrow(), 12));
    }

    private boolean hasSvdOfThePort() {
        try {
            return linearAlgebra()
                    .getClass()
                    .getMethod("svd", FloatMatrix.class, int.class)
                    .getDeclaringClass()
                    .equals(LinearAlgebra.class);
        } catch (NoSuchMethodException e) {
            throw new AssertionError("every backend has an svd", e);
        }
    }

    private void checkTruncated(FloatMatrix a, double[] values, int rank) {
        TruncatedSvd svd = linearAlgebra().svd(a, rank);
        assertShape(rank, a.rows(), svd.ut().rows(), svd.ut().cols());
        assertShape(rank, a.cols(), svd.svt().rows(), svd.svt().cols());
        assertOrthonormalRows(svd.ut());
        assertArrayEquals(Arrays.copyOf(values, rank), svd.values(), SINGULAR_VALUE * values[0]);
        double dropped = 0;
        for (int i = rank; i < values.length; i++) {
            dropped += values[i] * values[i];
        }
        // Elements below the smallest float are lost in rounding, whatever the method.
        double underflow = Float.MIN_VALUE * Math.sqrt((double) rank * a.data().length);
        double tolerance = RECONSTRUCTION * norm(a) + underflow;
        assertEquals(Math.sqrt(dropped), distance(a, svd), tolerance, "‖A − A_r‖_F at rank " + rank);
        assertEquals(Math.sqrt(dropped), Math.sqrt(svd.remainder()), tolerance, "remainder at rank " + rank);
    }

    @TestFactory
    Stream<DynamicTest> singularDirectionsAreOrthogonal() {
        return ProductPromises.each(MatrixGallery.wide().stream(), sample -> {
            TruncatedSvd svd = fullSvd(sample.matrix());
            assertOrthonormalRows(svd.ut());
            double largest = svd.values()[0];
            double tolerance = 10 * FLOAT_ROUNDING * largest * largest + Float.MIN_VALUE * largest * 10;
            for (int i = 0; i < svd.rank(); i++) {
                for (int j = 0; j < i; j++) {
                    assertEquals(0, rowProduct(svd.svt(), i, j), tolerance, "S Vᵀ rows " + i + " and " + j);
                }
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> directionsBeyondTheNumericalRankAreZero() {
        return ProductPromises.each(MatrixGallery.knownSpectra().stream(), sample -> {
            TruncatedSvd svd = fullSvd(sample.matrix());
            double[] known = sample.singularValues().orElseThrow();
            for (int i = 0; i < known.length; i++) {
                double length = Math.sqrt(rowProduct(svd.svt(), i, i));
                assertEquals(known[i], length, SINGULAR_VALUE * known[0], "length of direction " + i);
            }
        });
    }

    @Test
    void directionsOfAnExactlyLowRankMatrixAreExactlyZero() {
        // Small integers: A = [B; B] has rank 2 without any rounding.
        FloatMatrix a = new FloatMatrix(4, 4, new float[] {1, 2, 3, 4, 4, 3, 2, 2, 1, 2, 3, 4, 4, 3, 2, 2});
        TruncatedSvd svd = fullSvd(a);
        assertArrayEquals(new float[8], Arrays.copyOfRange(svd.svt().data(), 8, 16));
        assertOrthonormalRows(svd.ut());
    }

    @TestFactory
    Stream<DynamicTest> sameInputGivesSameBits() {
        return ProductPromises.each(MatrixGallery.wide().stream(), sample -> {
            FloatMatrix copy = copy(sample.matrix());
            assertSame(fullSvd(sample.matrix()), fullSvd(copy));
        });
    }

    @TestFactory
    Stream<DynamicTest> argumentsAreNotModified() {
        return ProductPromises.each(MatrixGallery.wide().stream(), sample -> {
            FloatMatrix b = sample.matrix();
            FloatMatrix before = copy(b);
            Matrix a = widened(MatrixGallery.random(b.rows(), b.rows()).matrix());
            double[] left = a.data().clone();
            Matrix gram = linearAlgebra().gram(b);
            double[] symmetric = gram.data().clone();
            linearAlgebra().eigenSymmetric(gram);
            linearAlgebra().multiply(a, b);
            linearAlgebra().cross(b, b);
            linearAlgebra().svd(b, b.rows());
            assertArrayEquals(before.data(), b.data());
            assertArrayEquals(left, a.data());
            assertArrayEquals(symmetric, gram.data());
        });
    }

    @Test
    void oneInstanceServesEightThreads() throws Exception {
        LinearAlgebra shared = linearAlgebra();
        List<FloatMatrix> matrices =
                MatrixGallery.wide().stream().map(MatrixGallery.Sample::matrix).toList();
        List<TruncatedSvd> expected = new ArrayList<>();
        for (FloatMatrix a : matrices) {
            expected.add(shared.svd(a, a.rows()));
        }
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int thread = 0; thread < 8; thread++) {
                int first = thread;
                running.add(threads.submit(() -> {
                    for (int i = 0; i < matrices.size(); i++) {
                        int at = (first + i) % matrices.size();
                        FloatMatrix a = matrices.get(at);
                        assertSame(expected.get(at), shared.svd(a, a.rows()));
                    }
                }));
            }
            for (Future<?> thread : running) {
                thread.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @TestFactory
    Stream<DynamicTest> whatIsNotFiniteIsRefused() {
        return ProductPromises.each(MatrixGallery.notFinite().stream(), sample -> {
            FloatMatrix bad = sample.matrix();
            String found = Float.toString(bad.data()[15]);
            assertRefused(() -> linearAlgebra().gram(bad), "4×6", found);
            assertRefused(() -> linearAlgebra().svd(bad, 2), "4×6", found);
            assertRefused(() -> linearAlgebra().cross(bad, new FloatMatrix(1, 6, new float[6])), "4×6", found);
            assertRefused(() -> linearAlgebra().cross(new FloatMatrix(1, 6, new float[6]), bad), "4×6", found);
            Matrix good = new Matrix(1, 4, new double[4]);
            assertRefused(() -> linearAlgebra().multiply(good, bad), "4×6", found);
            FloatMatrix column = new FloatMatrix(6, 1, new float[6]);
            assertRefused(() -> linearAlgebra().multiply(widened(bad), column), "4×6", found);
            assertRefused(() -> linearAlgebra().multiply(widened(bad), widened(column)), "4×6", found);
            assertRefused(() -> linearAlgebra().multiply(good, widened(bad)), "4×6", found);
            assertRefused(() -> linearAlgebra().timesTransposed(widened(bad), widened(bad)), "4×6", found);
            assertRefused(() -> linearAlgebra().transposedTimes(widened(bad), widened(bad)), "4×6", found);
            assertRefused(() -> linearAlgebra().addGram(bad, new double[16]), "4×6", found);
            assertRefused(() -> linearAlgebra().addCross(bad, bad, new double[16]), "4×6", found);
            double[] square = new double[25];
            square[7] = bad.data()[15];
            square[11] = bad.data()[15];
            assertRefused(() -> linearAlgebra().eigenSymmetric(new Matrix(5, 5, square)), "5×5", found);
            assertRefused(() -> linearAlgebra().cholesky(new Matrix(5, 5, square)), "5×5", found);
        });
    }

    @Test
    void sizesThatDoNotFitAreRefused() {
        Matrix flat = new Matrix(2, 3, new double[6]);
        assertRefused(() -> linearAlgebra().eigenSymmetric(flat), "2×3");
        Matrix square = new Matrix(3, 3, new double[9]);
        assertRefused(() -> linearAlgebra().eigenLeading(square, 0), "leading 0", "3×3");
        assertRefused(() -> linearAlgebra().eigenLeading(square, 4), "leading 4", "3×3");
        FloatMatrix b = new FloatMatrix(4, 5, new float[20]);
        assertRefused(() -> linearAlgebra().multiply(flat, b), "2×3", "4×5");
        assertRefused(() -> linearAlgebra().multiply(flat, flat), "2×3");
        assertRefused(() -> linearAlgebra().cross(b, b.transposed()), "4×5", "5×4");
        assertRefused(() -> linearAlgebra().timesTransposed(flat, flat.transposed()), "2×3", "3×2");
        assertRefused(() -> linearAlgebra().transposedTimes(flat, square), "2×3", "3×3");
        assertRefused(() -> linearAlgebra().svd(b, 0), "Rank 0", "4×5");
        assertRefused(() -> linearAlgebra().svd(b, 5), "Rank 5", "4×5");
        assertRefused(() -> linearAlgebra().svd(b.transposed(), 1), "Rank 1", "5×4");
    }

    private TruncatedSvd fullSvd(FloatMatrix a) {
        return linearAlgebra().svd(a, a.rows());
    }

    private static int[] ranks(FloatMatrix a) {
        int p = a.rows();
        return new int[] {1, (p + 3) / 4, (p + 1) / 2, p};
    }
}
