package dev.wsvd.domain.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.domain.error.LinearAlgebraException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockCholeskyTest {
    private static final LinearAlgebra PLAIN = new PlainLinearAlgebra();

    /** Sizes below, at and above the block's. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 63, 64, 65, 150})
    void solvesWithEveryLeadingBlock(int n) {
        Matrix a = positive(n);
        Cholesky cholesky = new BlockCholesky(PLAIN, a);
        Matrix solution = random(n, 3);
        for (int m : new int[] {1, (n + 1) / 2, n}) {
            Matrix known = leadingRows(solution, m);
            Matrix right = PLAIN.multiply(leadingBlock(a, m), known);
            Matrix padded = new Matrix(n, 3, Arrays.copyOf(right.data(), n * 3));

            Matrix half = cholesky.solveLower(padded);
            Matrix found = cholesky.solveUpper(leadingRows(half, m));

            for (int i = 0; i < found.data().length; i++) {
                assertThat(found.data()[i]).isCloseTo(known.data()[i], within(1e-9));
            }
        }
    }

    @Test
    void refusesWhatIsNotPositiveDefinite() {
        Matrix a = new Matrix(2, 2, new double[] {1, 2, 2, 1});
        assertThatThrownBy(() -> new BlockCholesky(PLAIN, a))
                .isInstanceOf(LinearAlgebraException.class)
                .hasMessage("A 2×2 float64 matrix is not positive definite: pivot 1 is not positive.");
    }

    private static Matrix positive(int n) {
        Matrix b = random(n, n + 5);
        double[] a = PLAIN.multiply(b, b.transposed()).data();
        for (int i = 0; i < n; i++) {
            a[i * n + i] += 1;
        }
        return new Matrix(n, n, a);
    }

    private static Matrix random(int rows, int cols) {
        Random random = new Random(rows);
        double[] data = new double[rows * cols];
        Arrays.setAll(data, i -> random.nextGaussian());
        return new Matrix(rows, cols, data);
    }

    private static Matrix leadingRows(Matrix m, int rows) {
        return new Matrix(rows, m.cols(), Arrays.copyOf(m.data(), rows * m.cols()));
    }

    private static Matrix leadingBlock(Matrix m, int size) {
        double[] block = new double[size * size];
        for (int i = 0; i < size; i++) {
            System.arraycopy(m.data(), i * m.cols(), block, i * size, size);
        }
        return new Matrix(size, size, block);
    }
}
