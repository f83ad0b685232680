package dev.wsvd.factorization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.PatchMoments;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OneTapFitTest {
    private final LinearAlgebra linearAlgebra = new PlainLinearAlgebra();
    private final Random random = new Random(1);

    /** Of the outputs' covariance W C Wᵀ a rank leaves out its smallest eigenvalues, whichever side is the smaller; 2100 outputs are three pieces. */
    @ParameterizedTest
    @CsvSource({"5,12", "12,5", "7,7", "2100,5"})
    void aRankMissesTheSmallestEigenvalues(int out, int in) {
        GroupRows weight = rows(out, in, 1, 0);
        PatchMoments moments = moments(in, 3 * in);
        Matrix w = weight.matrix();
        Matrix root = Matrices.root(linearAlgebra, moments.covariance());
        Matrix inputs = linearAlgebra.multiply(w, root);
        double[] eigenvalues = linearAlgebra
                .eigenSymmetric(Matrices.symmetric(linearAlgebra.multiply(inputs.transposed(), inputs)))
                .values();
        double all = Arrays.stream(eigenvalues).sum();
        int maxRank = Math.min(out, in);

        OneTapFit fit = new OneTapFit(linearAlgebra, weight, moments, maxRank);
        double[] alone = OneTapFit.missing(linearAlgebra, weight, moments);

        assertThat(fit.energy()).isCloseTo(all, within(1e-8 * all));
        for (int rank = 1; rank <= maxRank; rank++) {
            double least = Arrays.stream(eigenvalues).skip(rank).sum();
            assertThat(fit.missing(rank)).as("rank %d", rank).isCloseTo(least, within(1e-8 * all));
            assertThat(alone[rank]).as("rank %d alone", rank).isCloseTo(least, within(1e-8 * all));
        }
    }

    /** What is written misses what was said, and moves the mean as was said; of the second of two groups. */
    @ParameterizedTest
    @CsvSource({"5,12,3", "12,5,3", "12,5,5", "7,7,1", "2100,5,2"})
    void whatIsWrittenMissesThatMuch(int out, int in, int rank) {
        GroupRows weight = rows(out, in, 2, 1);
        PatchMoments moments = moments(in, 3 * in);
        OneTapFit fit = new OneTapFit(linearAlgebra, weight, moments, rank);
        FittedGroup.Room room = new FittedGroup.Room(
                rank,
                new float[2 * rank * in],
                rank * in,
                new float[2 * out * rank],
                out * rank,
                new float[2 * out],
                out);

        double missing = fit.write(true, room);

        Matrix first = Matrices.rows(room.first(), rank, rank, in);
        Matrix second = Matrices.rows(room.second(), out, out, rank);
        Matrix missed = Matrices.plus(weight.matrix(), -1, linearAlgebra.multiply(second, first));
        double found = Matrices.dot(linearAlgebra.multiply(missed, moments.covariance()), missed);
        assertThat(missing).isEqualTo(fit.missing(rank));
        assertThat(found).isCloseTo(missing, within(1e-9 * fit.energy() + 1e-5 * missing));
        for (int o = 0; o < out; o++) {
            double mean = 0;
            for (int i = 0; i < in; i++) {
                mean += missed.get(o, i) * moments.mean()[i];
            }
            assertThat((double) room.correction()[out + o]).isCloseTo(mean, within(1e-5));
        }
    }

    /** Directions that the inputs do not have cost nothing, and give no infinite weights. */
    @Test
    void inputsThatDoNotVaryInAllDirections() {
        GroupRows weight = rows(12, 6, 1, 0);
        OneTapFit fit = new OneTapFit(linearAlgebra, weight, moments(6, 2), 6);
        FittedGroup.Room room = new FittedGroup.Room(6, new float[36], 0, new float[72], 0, new float[12], 0);

        fit.write(true, room);

        assertThat(fit.missing(2)).isLessThan(1e-7 * fit.energy());
        Matrix product =
                linearAlgebra.multiply(Matrices.rows(room.second(), 0, 12, 6), Matrices.rows(room.first(), 0, 6, 6));
        Matrix missed = Matrices.plus(weight.matrix(), -1, product);
        assertThat(Math.sqrt(Matrices.dot(missed, missed))).isLessThan(1e-2);
    }

    private GroupRows rows(int out, int in, int groups, int group) {
        float[] values = new float[groups * out * in];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat() - 0.5f;
        }
        return new GroupRows(Weights.of(new WeightShape(groups * out, in, List.of()), values), group, out, in);
    }

    private PatchMoments moments(int in, int samples) {
        Matrix a = new Matrix(
                in, samples, random.doubles((long) in * samples, -1, 1).toArray());
        return new PatchMoments(random.doubles(in).toArray(), linearAlgebra.multiply(a, a.transposed()));
    }
}
