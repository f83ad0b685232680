package dev.wsvd.factorization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ConditionalLossesTest {
    private static final int UNITS = 150;
    private static final int ROWS = 7;

    private final LinearAlgebra linearAlgebra = new PlainLinearAlgebra();
    private final Random random = new Random(1);
    private final Matrix covariance = covariance();
    private final Matrix weights = matrix(ROWS, UNITS);

    @Test
    void lossesAreThoseOfAFitToTheUnitsThatAreLeft() {
        ConditionalLosses losses = new ConditionalLosses(
                linearAlgebra, inverse(covariance), linearAlgebra.multiply(weights.transposed(), weights));
        int[] gone = random.ints(0, UNITS).distinct().limit(UNITS).toArray();
        for (int count = 0; count < UNITS; count++) {
            // More than are updated together, and a few of a second and third time.
            if (count % 31 == 0 || count == 64 || count == 65 || count > UNITS - 3) {
                int[] left = IntStream.of(gone).skip(count).sorted().toArray();
                assertLosses(losses, left);
            }
            losses.remove(gone[count]);
        }
    }

    /** What E‖W x‖² of a unit's own part would be once the others make up for it: the rise of the fit's error. */
    private void assertLosses(ConditionalLosses losses, int[] left) {
        Matrix inverse = inverse(part(covariance, left, left));
        Matrix all = linearAlgebra.multiply(weights, part(covariance, all(), left));
        Matrix fitted = linearAlgebra.multiply(all, inverse);
        for (int i = 0; i < left.length; i++) {
            double square = 0;
            for (int row = 0; row < ROWS; row++) {
                square += fitted.get(row, i) * fitted.get(row, i);
            }
            double expected = square / inverse.get(i, i);
            assertThat(losses.of(left[i])).isCloseTo(expected, within(1e-7 * (1 + expected)));
        }
    }

    private static int[] all() {
        return IntStream.range(0, UNITS).toArray();
    }

    private Matrix covariance() {
        Matrix a = matrix(UNITS, UNITS + 20);
        return Matrices.withRidge(linearAlgebra.multiply(a, a.transposed()), 1e-2);
    }

    private Matrix matrix(int rows, int cols) {
        return new Matrix(rows, cols, random.doubles((long) rows * cols, -1, 1).toArray());
    }

    private Matrix inverse(Matrix m) {
        Matrix factor = linearAlgebra.cholesky(m).inverseFactor();
        return linearAlgebra.multiply(factor.transposed(), factor);
    }

    private static Matrix part(Matrix of, int[] rows, int[] cols) {
        double[] data = new double[rows.length * cols.length];
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < cols.length; j++) {
                data[i * cols.length + j] = of.get(rows[i], cols[j]);
            }
        }
        return new Matrix(rows.length, cols.length, data);
    }
}
