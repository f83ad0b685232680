package dev.wsvd.factorization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.LinearAlgebraException;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.layer.SizedOp;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.moments.PatchMoments;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Replacement;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EmbeddingSvdTest {
    private static final int ROWS = 40;
    private static final int FEATURES = 6;
    private static final EmbeddingSvd EMBEDDING = new EmbeddingSvd();
    private static final Layer LAYER = Layer.of(
            new LayerId("words"), Lookup.of(FEATURES, ROWS), List.of(1L, 5L), List.of(1L, 5L, (long) FEATURES));

    /** W[feature][row] with a mean. */
    private static float[] table() {
        Random random = new Random(1);
        float[] table = new float[FEATURES * ROWS];
        for (int i = 0; i < table.length; i++) {
            table[i] = (float) random.nextGaussian() + i / ROWS;
        }
        return table;
    }

    /** Only the first rows are used, each half as often as the one before. */
    private static double[] frequencies() {
        double[] frequencies = new double[ROWS];
        for (int v = 0; v < 6; v++) {
            frequencies[v] = Math.pow(2, -v);
        }
        double sum = Arrays.stream(frequencies).sum();
        return Arrays.stream(frequencies).map(f -> f / sum).toArray();
    }

    private static Factors factors(Optional<double[]> frequencies) {
        Optional<LayerMoments> seen = frequencies.map(mean ->
                new LayerMoments(100, List.of(new PatchMoments(mean, new Matrix(1, 1, new double[] {0.02})))));
        return EMBEDDING.factor(
                LAYER,
                Weights.of(LAYER.weight(), table()),
                seen,
                Choice.of("embedding", FEATURES),
                new PlainLinearAlgebra());
    }

    /** What a row of the table is after the replacement. */
    private static double[] row(Replacement replacement, int v) {
        float[] small = replacement.parts().get(0).weights().all();
        float[] product = replacement.parts().get(1).weights().all();
        float[] bias = replacement.parts().get(1).biasCorrection().orElseThrow();
        int rank = replacement.choice().rank();
        double[] row = new double[FEATURES];
        for (int i = 0; i < FEATURES; i++) {
            row[i] = bias[i];
            for (int r = 0; r < rank; r++) {
                row[i] += (double) product[i * rank + r] * small[r * ROWS + v];
            }
        }
        return row;
    }

    private static double weightedError(Replacement replacement, double[] counts) {
        float[] table = table();
        double missing = 0;
        double all = 0;
        for (int i = 0; i < FEATURES; i++) {
            double mean = 0;
            for (int v = 0; v < ROWS; v++) {
                mean += counts[v] * table[i * ROWS + v];
            }
            for (int v = 0; v < ROWS; v++) {
                double left = table[i * ROWS + v] - row(replacement, v)[i];
                missing += counts[v] * left * left;
                all += counts[v] * Math.pow(table[i * ROWS + v] - mean, 2);
            }
        }
        return Math.sqrt(missing / all);
    }

    private static double[] uniform() {
        double[] counts = new double[ROWS];
        Arrays.fill(counts, 1.0 / ROWS);
        return counts;
    }

    /** Frequencies, and a little for every row. */
    private static double[] counts() {
        return Arrays.stream(frequencies()).map(f -> 0.9 * f + 0.1 / ROWS).toArray();
    }

    @Test
    void errorsAreThoseOfTheRowsWeighted() {
        for (int rank = 1; rank <= FEATURES; rank++) {
            Choice choice = Choice.of("embedding", rank);
            Factors free = factors(Optional.empty());
            assertThat(weightedError(free.at(choice), uniform())).isCloseTo(free.error(choice), within(1e-4));
            Factors aware = factors(Optional.of(frequencies()));
            assertThat(weightedError(aware.at(choice), counts())).isCloseTo(aware.error(choice), within(1e-4));
        }
        assertThat(factors(Optional.empty()).error(Choice.of("embedding", FEATURES)))
                .isLessThan(1e-3);
    }

    @Test
    void rowsThatAreUsedAreKeptBetter() {
        Choice choice = Choice.of("embedding", 2);
        Replacement free = factors(Optional.empty()).at(choice);
        Replacement aware = factors(Optional.of(frequencies())).at(choice);

        assertThat(weightedError(aware, frequencies())).isLessThan(weightedError(free, frequencies()) * 0.8);
        assertThat(weightedError(free, uniform())).isLessThan(weightedError(aware, uniform()));
    }

    @Test
    void theMeanOfTheRowsStays() {
        Replacement replacement = factors(Optional.of(frequencies())).at(Choice.of("embedding", 1));
        double[] counts = counts();
        for (int i = 0; i < FEATURES; i++) {
            double before = 0;
            double after = 0;
            for (int v = 0; v < ROWS; v++) {
                before += counts[v] * table()[i * ROWS + v];
                after += counts[v] * row(replacement, v)[i];
            }
            assertThat(after).isCloseTo(before, within(1e-5));
        }
    }

    @Test
    void aSmallerTableStandsBeforeAProduct() {
        List<SizedOp> stages = EMBEDDING
                .blueprint(Place.of(LAYER), Choice.of("embedding", 2))
                .stages()
                .get(LAYER.id());

        assertThat(stages.stream().map(SizedOp::op)).containsExactly(Lookup.of(2, ROWS), Affine.of(FEATURES, 2));
        assertThat(stages.stream().map(SizedOp::output)).containsExactly(List.of(1L, 5L, 2L), List.of(1L, 5L, 6L));
        assertThat(stages.stream().map(SizedOp::macs)).containsExactly(0L, 2L * FEATURES * 5);
    }

    @Test
    void choicesAreMultiples() {
        assertThat(EMBEDDING.choices(LAYER, "embedding", 1)).hasSize(FEATURES);
        assertThat(EMBEDDING.choices(LAYER, "embedding", 4)).containsExactly(Choice.of("embedding", 4));
        Layer product = Layer.of(new LayerId("fc"), Affine.of(4, 6), List.of(), List.of());
        assertThat(EMBEDDING.choices(product, "embedding", 1)).isEmpty();
        assertThatThrownBy(() -> EMBEDDING.blueprint(Place.of(product), Choice.of("embedding", 1)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Layer 'fc' (4×6) has no embedding form, which is for embedding tables.");
        assertThatThrownBy(() -> EMBEDDING.blueprint(Place.of(LAYER), Choice.of("embedding", 7)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Layer 'words' (6×40) has no embedding rank 7; allowed: 1 … 6.");
        assertThatThrownBy(() -> EMBEDDING.blueprint(Place.of(LAYER), new Choice("embedding", List.of(1, 2))))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Layer 'words' (6×40) has no embedding ranks 1, 2; allowed: 1 … 6.");
    }

    @Test
    void factorsCoverTheirFormUpToTheirLargestRank() {
        Factors factors = factors(Optional.empty());

        assertThat(factors.covers(Choice.of("embedding", FEATURES))).isTrue();
        assertThat(factors.covers(Choice.of("input-channel", 1))).isFalse();
        assertThatThrownBy(() -> factors.at(Choice.of("embedding", 7)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The factors of layer 'words' (6×40) go up to rank 6; asked for is embedding rank 7.");
    }

    @Test
    void aTableThatIsNotFiniteIsRefused() {
        float[] table = table();
        table[43] = Float.NaN;
        assertThatThrownBy(() -> EMBEDDING.factor(
                        LAYER,
                        Weights.of(LAYER.weight(), table),
                        Optional.empty(),
                        Choice.of("embedding", 1),
                        new PlainLinearAlgebra()))
                .isInstanceOf(LinearAlgebraException.class)
                .hasMessage(
                        "Layer 'words': A 6×40 float32 matrix holds NaN at row 1, column 3; only finite elements can"
                                + " be used.");
    }
}
