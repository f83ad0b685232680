package dev.wsvd.evaluation;

import static dev.wsvd.evaluation.NpyFilesTest.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.tensor.Tensor;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EmbeddingEvaluatorTest {
    private static final int SAMPLES = 60;
    private static final int FEATURES = 6;
    private static final int WIDTH = 7;

    private final LinearModel.Format format = new LinearModel.Format();
    private final float[][] x = random(1, SAMPLES, FEATURES);
    private final float[][] weight = random(2, FEATURES, WIDTH);
    private final LinearModel original = new LinearModel(weight);
    private final LinearModel other = new LinearModel(plus(weight, random(3, FEATURES, WIDTH), 0.3f));
    private final ArrayDataset data =
            ArrayDataset.of(Map.of("x", Tensor.ofFloats(List.of((long) SAMPLES, (long) FEATURES), flat(x))));

    @Test
    void theOriginalFindsAllOfItsNeighbours() {
        EmbeddingFidelity fidelity = evaluator().compare(original, Evaluator.ALL);

        assertThat(fidelity.recall()).isEqualTo(1);
        assertThat(fidelity.cosine()).isCloseTo(1, within(1e-7));
        assertThat(fidelity.samples()).isEqualTo(SAMPLES);
    }

    @Test
    void measuresAgreeWithASortOfAllCosines() {
        float[][] old = product(x, weight);
        float[][] now = product(x, other.weight());
        double cosine = 0;
        double recall = 0;
        for (int i = 0; i < SAMPLES; i++) {
            cosine += cosine(old[i], now[i]) / SAMPLES;
            Set<Integer> wanted = tenNearest(old[i], i, old);
            wanted.retainAll(tenNearest(now[i], i, old));
            recall += wanted.size() / 10.0 / SAMPLES;
        }

        EmbeddingFidelity fidelity = evaluator().batchSize(7).compare(other, Evaluator.ALL);

        assertThat(fidelity.cosine()).isCloseTo(cosine, within(1e-6));
        assertThat(fidelity.recall()).isCloseTo(recall, within(1e-12)).isBetween(0.3, 0.95);
        assertThat(evaluator().evaluate(other, Evaluator.ALL).score()).isEqualTo(fidelity.recall());
        assertThat(evaluator().evaluate(other, Evaluator.ALL).outcomes()).isEmpty();
        assertThat(evaluator().compare(other, 30).samples()).isEqualTo(30);
    }

    @Test
    void aScaleIsNoLossAndNothingIsOne() {
        LinearModel scaled = new LinearModel(plus(weight, weight, 2));
        assertThat(evaluator().evaluate(scaled, Evaluator.ALL).score()).isEqualTo(1);

        EmbeddingFidelity zero = evaluator().compare(new LinearModel(new float[FEATURES][WIDTH]), Evaluator.ALL);
        assertThat(zero.cosine()).isZero();
        assertThat(zero.recall()).isLessThan(0.4);

        float[][] broken = plus(weight, weight, 0);
        broken[0][0] = Float.NaN;
        EmbeddingFidelity nan = evaluator().compare(new LinearModel(broken), Evaluator.ALL);
        assertThat(nan).isEqualTo(new EmbeddingFidelity(0, 0, SAMPLES));
    }

    @Test
    void theOriginalRunsOnce() {
        EmbeddingEvaluator<LinearModel> evaluator = evaluator();
        evaluator.evaluate(other, Evaluator.ALL);
        evaluator.evaluate(other, Evaluator.ALL);
        assertThat(format.batchesRun).hasSize(3);
        assertThat(format.made).isEqualTo(3).isEqualTo(format.closed);
    }

    @Test
    void tokensArePooledWhereTheMaskCounts() {
        // The last token of each sample is filling; token 0 is the same in all.
        long[] ids = new long[12 * 3];
        long[] mask = new long[12 * 3];
        for (int i = 0; i < 12; i++) {
            ids[i * 3 + 1] = i + 1;
            ids[i * 3 + 2] = 13;
            mask[i * 3] = 1;
            mask[i * 3 + 1] = 1;
        }
        ArrayDataset texts = ArrayDataset.of(Map.of(
                "input_ids", Tensor.ofLongs(List.of(12L, 3L), ids),
                "attention_mask", Tensor.ofLongs(List.of(12L, 3L), mask)));
        float[][] table = random(4, 14, 5);
        float[][] otherFilling = random(4, 14, 5);
        otherFilling[13] = random(5, 1, 5)[0];
        float[][] otherFirst = random(4, 14, 5);
        otherFirst[0] = random(5, 1, 5)[0];
        EmbeddingEvaluator<TokenModel> evaluator = EmbeddingEvaluator.<TokenModel>of(
                        model -> model, new TokenModel(table), texts)
                .output("tokens");

        assertThat(evaluator.compare(new TokenModel(otherFilling), 12).cosine()).isCloseTo(1, within(1e-7));
        double byHand = 0;
        for (int i = 1; i <= 12; i++) {
            byHand += cosine(
                            plus(new float[][] {table[0]}, new float[][] {table[i]}, 1)[0],
                            plus(new float[][] {otherFirst[0]}, new float[][] {table[i]}, 1)[0])
                    / 12;
        }
        assertThat(evaluator.compare(new TokenModel(otherFirst), 12).cosine()).isCloseTo(byHand, within(1e-6));
        assertThat(evaluator
                        .pooling(Pooling.CLS)
                        .compare(new TokenModel(otherFirst), 12)
                        .cosine())
                .isCloseTo(cosine(table[0], otherFirst[0]), within(1e-6));
        assertThat(evaluator
                        .pooling(Pooling.MEAN)
                        .choosing(new TokenModel(table))
                        .compared())
                .contains("tokens");
    }

    @Test
    void whatIsNoEmbeddingIsRefused() {
        refused(
                () -> evaluator().compare(original, 11),
                "recall@10 needs at least 12 samples, found 11: among fewer, all others are near. Maybe score by fidelity.");
        refused(
                () -> evaluator().pooling(Pooling.MEAN).output("logits").compare(original, 20),
                "Output 'logits' has shape [20, 7]; an embedding that is pooled is [samples, tokens, width]. Maybe leave out"
                        + " the pooling.");
        refused(
                () -> evaluator().pooling(Pooling.MEAN).compare(original, 20),
                "None of the model's outputs is an embedding, floating-point [samples, tokens, width]; the model gives"
                        + " 'label' (int64 [?]), 'logits' (float32 [?, 7]).");
        refused(
                () -> evaluator().compare(new LinearModel(new float[FEATURES][3]), 20),
                "The embeddings have 3 values, the original's 7; only vectors of the same size can be compared.");
        refused(
                () -> EmbeddingEvaluator.<TokenModel>of(model -> model, new TokenModel(new float[1][1]), data)
                        .choosing(new TokenModel(new float[1][1])),
                "Several outputs of the model may be embeddings: 'tokens' (float32 [?, ?, 1]), 'first' (float32 [?, 1])."
                        + " Maybe name one with --output-name, or output(name) in Java.");
        float[][] broken = plus(weight, weight, 0);
        broken[0][0] = Float.NaN;
        refused(
                () -> EmbeddingEvaluator.<LinearModel>of(format::predictor, new LinearModel(broken), data)
                        .compare(original, 20),
                "Output 'logits' of the original is not finite for sample 0; embeddings of NaN or infinity cannot be"
                        + " compared.");
    }

    @Test
    void theIdentityTellsWhatTheScoreMeans() {
        EvaluatorIdentity identity = evaluator().identity(Evaluator.ALL).orElseThrow();

        assertThat(identity.name()).isEqualTo("recall@10");
        assertThat(identity.samples()).isEqualTo(SAMPLES);
        assertThat(evaluator().batchSize(1).identity(SAMPLES)).contains(identity);
        assertThat(evaluator().pooling(Pooling.MEAN).identity(SAMPLES)).contains(identity);
        assertThat(evaluator().pooling(Pooling.CLS).identity(SAMPLES))
                .isNotEmpty()
                .isNotEqualTo(identity);
        assertThat(evaluator().identity(20).orElseThrow().sha256()).isNotEqualTo(identity.sha256());
        assertThat(evaluator().choosing(original).identity(20).orElseThrow().outputs())
                .containsExactly("logits");
    }

    private EmbeddingEvaluator<LinearModel> evaluator() {
        return EmbeddingEvaluator.<LinearModel>of(format::predictor, original, data);
    }

    private static Set<Integer> tenNearest(float[] query, int own, float[][] index) {
        return IntStream.range(0, index.length)
                .filter(j -> j != own)
                .boxed()
                .sorted(Comparator.comparing((Integer j) -> -cosine(query, index[j])))
                .limit(10)
                .collect(Collectors.toSet());
    }

    private static double cosine(float[] a, float[] b) {
        double ab = 0;
        double aa = 0;
        double bb = 0;
        for (int e = 0; e < a.length; e++) {
            ab += (double) a[e] * b[e];
            aa += (double) a[e] * a[e];
            bb += (double) b[e] * b[e];
        }
        return ab / Math.sqrt(aa * bb);
    }

    private static float[][] product(float[][] rows, float[][] columns) {
        float[][] products = new float[rows.length][columns[0].length];
        for (int i = 0; i < rows.length; i++) {
            for (int f = 0; f < columns.length; f++) {
                for (int c = 0; c < columns[0].length; c++) {
                    products[i][c] += rows[i][f] * columns[f][c];
                }
            }
        }
        return products;
    }

    /** a + factor · b. */
    private static float[][] plus(float[][] a, float[][] b, float factor) {
        float[][] sum = new float[a.length][a[0].length];
        for (int i = 0; i < a.length; i++) {
            for (int e = 0; e < a[0].length; e++) {
                sum[i][e] = a[i][e] + factor * b[i][e];
            }
        }
        return sum;
    }

    private static float[][] random(long seed, int rows, int columns) {
        Random random = new Random(seed);
        float[][] values = new float[rows][columns];
        for (float[] row : values) {
            for (int e = 0; e < columns; e++) {
                row[e] = (float) random.nextGaussian();
            }
        }
        return values;
    }

    private static float[] flat(float[][] rows) {
        float[] flat = new float[rows.length * rows[0].length];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(rows[i], 0, flat, i * rows[0].length, rows[0].length);
        }
        return flat;
    }
}
