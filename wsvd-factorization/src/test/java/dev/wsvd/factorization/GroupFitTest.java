package dev.wsvd.factorization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.PatchMoments;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GroupFitTest {
    private final LinearAlgebra linearAlgebra = new PlainLinearAlgebra();
    private final Random random = new Random(1);

    /** Of the outputs' covariance W C Wᵀ a rank can explain its largest eigenvalues, whichever side is the smaller. */
    @ParameterizedTest
    @CsvSource({"5,12", "12,5", "7,7"})
    void withOneTapNothingBetterIsLeft(int out, int in) {
        Matrix weight = matrix(out, in);
        Matrix a = matrix(in, 3 * in);
        Matrix covariance = linearAlgebra.multiply(a, a.transposed());
        double[] mean = random.doubles(in).toArray();
        int maxRank = Math.min(out, in);
        Matrix outputs = linearAlgebra.multiply(linearAlgebra.multiply(weight, covariance), weight.transposed());
        double[] eigenvalues =
                linearAlgebra.eigenSymmetric(Matrices.symmetric(outputs)).values();

        GroupFit fit = new GroupFit(linearAlgebra, weight, new PatchMoments(mean, covariance), 1, maxRank);

        double all = Arrays.stream(eigenvalues).sum();
        assertThat(fit.energy()).isCloseTo(all, within(1e-9 * all));
        for (int rank = 1; rank <= maxRank; rank++) {
            double least = Arrays.stream(eigenvalues).skip(rank).sum();
            assertThat(fit.missing(rank)).as("rank %d", rank).isCloseTo(least, within(1e-7 * all));
        }
    }

    private Matrix matrix(int rows, int cols) {
        return new Matrix(rows, cols, random.doubles((long) rows * cols, -1, 1).toArray());
    }
}
