package dev.wsvd.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wsvd.domain.error.LinearAlgebraException;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.linalg.SymmetricEigen;
import dev.wsvd.domain.linalg.TruncatedSvd;
import java.util.Arrays;
import org.junit.jupiter.api.function.Executable;

/** What {@link LinearAlgebraContract} asks of matrices, and the plain arithmetic it asks it with. */
final class MatrixAssertions {
    /** Of float64 arithmetic on matrices of the gallery's sizes, relative to the largest value. */
    static final double ROUNDING = 1e-12;
    /** Of one rounding to float32. */
    static final double FLOAT_ROUNDING = Math.ulp(1f);

    private MatrixAssertions() {}

    static void assertRefused(Executable call, String... named) {
        String message = assertThrows(LinearAlgebraException.class, call).getMessage();
        for (String name : named) {
            assertTrue(message.contains(name), "the message names " + name + ": " + message);
        }
    }

    static void assertShape(int rows, int cols, int foundRows, int foundCols) {
        assertEquals(rows + "×" + cols, foundRows + "×" + foundCols, "shape");
    }

    static void assertDescending(double[] values) {
        for (int i = 1; i < values.length; i++) {
            assertTrue(values[i - 1] >= values[i], "value " + i + " above the one before: " + Arrays.toString(values));
        }
    }

    static void assertOrthonormalRows(Matrix m) {
        for (int i = 0; i < m.rows(); i++) {
            for (int j = 0; j <= i; j++) {
                double dot = 0;
                for (int k = 0; k < m.cols(); k++) {
                    dot += m.get(i, k) * m.get(j, k);
                }
                assertEquals(i == j ? 1 : 0, dot, ROUNDING, "product of the rows " + i + " and " + j);
            }
        }
    }

    static void assertResiduals(MatrixGallery.SymmetricSample sample, SymmetricEigen eigen) {
        Matrix a = sample.matrix();
        double scale = Math.max(largest(sample.eigenvalues()), Double.MIN_NORMAL);
        for (int k = 0; k < eigen.vectors().rows(); k++) {
            double energy = 0;
            for (int i = 0; i < a.rows(); i++) {
                double residual = -eigen.values()[k] * eigen.vectors().get(k, i);
                for (int j = 0; j < a.cols(); j++) {
                    residual += a.get(i, j) * eigen.vectors().get(k, j);
                }
                energy += residual / scale * (residual / scale);
            }
            assertTrue(Math.sqrt(energy) <= ROUNDING, "‖A q − λ q‖ / ‖A‖ of pair " + k + ": " + Math.sqrt(energy));
        }
    }

    static void assertProduct(Matrix a, FloatMatrix b, FloatMatrix product) {
        for (int i = 0; i < a.rows(); i++) {
            for (int j = 0; j < b.cols(); j++) {
                double sum = 0;
                double size = 0;
                for (int k = 0; k < a.cols(); k++) {
                    double term = a.get(i, k) * b.data()[k * b.cols() + j];
                    sum += term;
                    size += Math.abs(term);
                }
                double tolerance = FLOAT_ROUNDING * Math.abs(sum) + ROUNDING * size + Float.MIN_VALUE;
                assertEquals(sum, product.data()[i * b.cols() + j], tolerance, "element " + i + ", " + j);
            }
        }
    }

    static void assertProduct(Matrix a, Matrix b, Matrix product) {
        for (int i = 0; i < a.rows(); i++) {
            for (int j = 0; j < b.cols(); j++) {
                double sum = 0;
                double size = 0;
                for (int k = 0; k < a.cols(); k++) {
                    double term = a.get(i, k) * b.get(k, j);
                    sum += term;
                    size += Math.abs(term);
                }
                assertEquals(sum, product.get(i, j), ROUNDING * size, "element " + i + ", " + j);
            }
        }
    }

    static void assertSame(TruncatedSvd expected, TruncatedSvd found) {
        assertArrayEquals(expected.values(), found.values());
        assertEquals(expected.remainder(), found.remainder());
        assertArrayEquals(expected.ut().data(), found.ut().data());
        assertArrayEquals(expected.svt().data(), found.svt().data());
    }

    static double rowProduct(FloatMatrix a, int i, int j) {
        double sum = 0;
        for (int k = 0; k < a.cols(); k++) {
            sum += (double) a.data()[i * a.cols() + k] * a.data()[j * a.cols() + k];
        }
        return sum;
    }

    static double norm(FloatMatrix a) {
        double energy = 0;
        for (float x : a.data()) {
            energy += (double) x * x;
        }
        return Math.sqrt(energy);
    }

    /** ‖A − Uᵀᵀ S Vᵀ‖_F. */
    static double distance(FloatMatrix a, TruncatedSvd svd) {
        double energy = 0;
        for (int i = 0; i < a.rows(); i++) {
            double[] row = new double[a.cols()];
            for (int r = 0; r < svd.rank(); r++) {
                double u = svd.ut().get(r, i);
                for (int j = 0; j < a.cols(); j++) {
                    row[j] += u * svd.svt().data()[r * a.cols() + j];
                }
            }
            for (int j = 0; j < a.cols(); j++) {
                double difference = a.data()[i * a.cols() + j] - row[j];
                energy += difference * difference;
            }
        }
        return Math.sqrt(energy);
    }

    static double largest(double[] values) {
        return Arrays.stream(values).map(Math::abs).max().orElse(0);
    }

    static Matrix widened(FloatMatrix m) {
        double[] data = new double[m.data().length];
        Arrays.setAll(data, i -> m.data()[i]);
        return new Matrix(m.rows(), m.cols(), data);
    }

    static FloatMatrix copy(FloatMatrix m) {
        return new FloatMatrix(m.rows(), m.cols(), m.data().clone());
    }
}
