package dev.wsvd.backend.openblas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.domain.linalg.Cholesky;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.testkit.LinearAlgebraContract;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class OpenblasLinearAlgebraTest extends LinearAlgebraContract {
    @Override
    protected LinearAlgebra linearAlgebra() {
        return new OpenblasProvider().create();
    }

    private static FloatMatrix random(int rows, int cols) {
        Random random = new Random(rows);
        float[] data = new float[rows * cols];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) random.nextGaussian();
        }
        return new FloatMatrix(rows, cols, data);
    }

    private static Matrix widened(FloatMatrix a) {
        double[] data = new double[a.data().length];
        for (int i = 0; i < data.length; i++) {
            data[i] = a.data()[i];
        }
        return new Matrix(a.rows(), a.cols(), data);
    }

    /** A Gram matrix whose inner dimension is shared out, one in square tiles, and a product in others. */
    @Test
    void allWaysOfSharingAProductGiveTheSame() {
        for (int rows : new int[] {300, 1_500}) {
            FloatMatrix a = random(rows, 1_700);
            Matrix gram = linearAlgebra().gram(a);
            Matrix product = linearAlgebra().timesTransposed(widened(a), widened(a));
            Matrix cross = linearAlgebra().cross(a, a);
            for (int i = 0; i < product.data().length; i++) {
                assertThat(gram.data()[i]).isCloseTo(product.data()[i], within(1e-10));
                assertThat(cross.data()[i]).isCloseTo(product.data()[i], within(1e-10));
            }
        }
    }

    /** With OpenBLAS's own threads. */
    @Test
    void aLargeMatrixIsDecomposedToo() {
        int n = 1_100;
        Matrix a = linearAlgebra().gram(random(n, 2 * n));
        Cholesky cholesky = linearAlgebra().cholesky(a);
        Matrix again = linearAlgebra().transposedTimes(cholesky.upper(), cholesky.upper());
        Matrix known = widened(random(n, 3));
        Matrix found = cholesky.solve(linearAlgebra().multiply(a, known));
        for (int i = 0; i < a.data().length; i++) {
            assertThat(again.data()[i]).isCloseTo(a.data()[i], within(1e-9));
        }
        for (int i = 0; i < known.data().length; i++) {
            assertThat(found.data()[i]).isCloseTo(known.data()[i], within(1e-9));
        }
    }
}
