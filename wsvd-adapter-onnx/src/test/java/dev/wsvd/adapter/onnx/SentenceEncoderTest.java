package dev.wsvd.adapter.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.calibration.Moments;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.moments.PatchMoments;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.factorization.WeightSvd;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real transformer: all-MiniLM-L6-v2, which turns a sentence into 384 numbers. */
class SentenceEncoderTest {
    private static final List<String> SENTENCES = List.of(
            "A man is playing a guitar on the stage.",
            "Someone performs music in front of an audience.",
            "The stock market fell sharply on Monday.",
            "Share prices dropped at the beginning of the week.",
            "How do I bake bread without yeast?",
            "Two dogs are running through a field of snow.",
            "Photosynthesis turns light into chemical energy.",
            "The committee postponed its decision until next year.");

    @TempDir
    private static Path folder;

    private static CompressibleModel<OnnxModel> model;
    private static List<Layer> products;
    private static List<Factors> factors;
    private static WordPieces words;

    @BeforeAll
    static void open() throws IOException {
        Path file = folder.resolve("all-minilm-l6-v2.onnx");
        try (InputStream in = SentenceEncoderTest.class.getResourceAsStream("/all-minilm-l6-v2.onnx")) {
            Files.copy(in, file);
        }
        // The file gives both dims of its inputs the same name, so a value for that name would not do.
        OpenOptions sizes = OpenOptions.DEFAULT;
        for (String input : List.of("input_ids", "attention_mask", "token_type_ids")) {
            sizes = sizes.withInputShape(input, List.of(1L, 16L));
        }
        model = new OnnxFormat().open(file, sizes);
        products = model.layers().stream()
                .filter(layer -> layer.op() instanceof Affine)
                .toList();
        LinearAlgebra ejml = new EjmlProvider().create();
        factors = products.stream()
                .map(l -> new WeightSvd().factor(l, model.weights(l.id()), Optional.empty(), fullRank(l), ejml))
                .toList();
        words = WordPieces.read("/all-minilm-l6-v2-tokenizer.json");
    }

    private static Choice fullRank(Layer layer) {
        return Choice.of("output-channel", Math.min(layer.inChannels(), layer.outChannels()));
    }

    @Test
    void itsProductsWithStoredWeightsAreLayersAndThoseOfAttentionAreNot() {
        assertThat(products).hasSize(37).allMatch(Layer::supported);
        assertThat(products.subList(4, 6))
                .extracting(l -> l.id() + " " + l.weight() + " " + l.inputShape() + " " + l.outputShape())
                .containsExactly(
                        "/encoder/layer.0/intermediate/dense/MatMul 1536×384 [1, 16, 384] [1, 16, 1536]",
                        "/encoder/layer.0/output/dense/MatMul 384×1536 [1, 16, 1536] [1, 16, 384]");
        assertThat(products.get(36).id().name()).isEqualTo("/pooler/dense/Gemm");
    }

    @Test
    void itsTablesAreLayers() {
        assertThat(model.layers())
                .filteredOn(layer -> layer.op() instanceof Lookup)
                .extracting(l ->
                        l.id() + " " + l.weight() + " " + l.inputShape() + " " + l.outputShape() + " " + l.supported())
                .containsExactly(
                        "/embeddings/word_embeddings/Gather 384×30522 [1, 16] [1, 16, 384] true",
                        "/embeddings/token_type_embeddings/Gather 384×2 [1, 16] [1, 16, 384] true",
                        "/embeddings/position_embeddings/Gather 384×512 [1, 16] [1, 16, 384] true");
    }

    @Test
    void withItsTablesAtFullRankItsEmbeddingsAreTheSame() {
        CompressibleModel<OnnxModel> small = FullRank.splitAll(model, "embedding");
        assertThat(small.stagesOf(new LayerId("/embeddings/word_embeddings/Gather")))
                .extracting(LayerId::name)
                .containsExactly(
                        "/embeddings/word_embeddings/Gather_svd_a", "/embeddings/word_embeddings/Gather_svd_b");
        assertThat(cosines(small)).allMatch(c -> c > 0.999999);
    }

    /** Its table of word pieces is as large as all its products. */
    @Test
    void itStoresTwiceWhatItsProductsHave() {
        assertThat(memory(model)).isBetween(10_600_000L, 10_900_000L);
        assertThat(model.parameters().orElseThrow()).isBetween(22_500_000L, 22_800_000L);
    }

    @Test
    void atFullRankItsEmbeddingsAreTheSame() {
        List<Replacement> replacements = new ArrayList<>();
        for (int i = 0; i < products.size(); i++) {
            replacements.add(factors.get(i).at(fullRank(products.get(i))));
        }
        assertThat(cosines(model.with(replacements))).allMatch(c -> c > 0.999999);
    }

    /** Its weights alone do not say which of their directions matter: what half of them, the same everywhere, keep is little. */
    @Test
    void atHalfTheParametersItsEmbeddingsAreOnlyAlike() throws IOException {
        List<Replacement> replacements = new ArrayList<>();
        for (int i = 0; i < products.size(); i++) {
            WeightShape weight = products.get(i).weight();
            int rank = (int) (weight.elements() / 2 / (weight.out() + weight.inPerGroup()));
            replacements.add(factors.get(i).at(Choice.of("output-channel", rank)));
        }
        CompressibleModel<OnnxModel> half = model.with(replacements);
        double ratio = (double) memory(half) / memory(model);
        assertThat(ratio).isBetween(0.49, 0.5);
        Path saved = folder.resolve("half.onnx");
        half.save(saved);
        CompressibleModel<OnnxModel> again = new OnnxFormat().open(saved, OpenOptions.DEFAULT);
        double[] cosines = cosines(again).stream().mapToDouble(c -> c).toArray();
        assertThat(Arrays.stream(cosines).average().orElseThrow()).isBetween(0.3, 0.6);
    }

    /** Where the mask is 0 nothing counts, however much of it there is. */
    @Test
    void whatItsLayersSeeDoesNotDependOnHowMuchSentencesAreFilledUp() {
        List<Layer> some = List.of(products.get(3), products.get(5));

        Map<LayerId, LayerMoments> expected = moments(padded(16), some);
        Map<LayerId, LayerMoments> found = moments(padded(64), some);

        assertThat(found.keySet())
                .containsExactlyInAnyOrder(some.get(0).id(), some.get(1).id());
        expected.forEach((layer, moments) -> {
            PatchMoments seen = found.get(layer).groups().get(0);
            PatchMoments wanted = moments.groups().get(0);
            assertThat(found.get(layer).patches()).isEqualTo(moments.patches());
            assertThat(largestDifference(seen.mean(), wanted.mean())).isLessThan(1e-5);
            assertThat(largestDifference(
                            seen.covariance().data(), wanted.covariance().data()))
                    .isLessThan(1e-4);
        });
    }

    private static double largestDifference(double[] some, double[] others) {
        return IntStream.range(0, some.length)
                .mapToDouble(i -> Math.abs(some[i] - others[i]))
                .max()
                .orElseThrow();
    }

    private static Map<LayerId, LayerMoments> moments(ArrayDataset sentences, List<Layer> layers) {
        return Moments.of(
                ArrayActivations.of(FullRank.FORMAT, sentences), model.model(), layers, new EjmlProvider().create());
    }

    private static ArrayDataset padded(int length) {
        long[] ids = new long[SENTENCES.size() * length];
        long[] mask = new long[ids.length];
        for (int i = 0; i < SENTENCES.size(); i++) {
            long[] tokens = words.tokens(SENTENCES.get(i));
            System.arraycopy(tokens, 0, ids, i * length, tokens.length);
            Arrays.fill(mask, i * length, i * length + tokens.length, 1);
        }
        List<Long> shape = List.of((long) SENTENCES.size(), (long) length);
        return ArrayDataset.of(Map.of(
                "input_ids", Tensor.ofLongs(shape, ids),
                "attention_mask", Tensor.ofLongs(shape, mask),
                "token_type_ids", Tensor.ofLongs(shape, new long[ids.length])));
    }

    /** Of the products. */
    private static long memory(CompressibleModel<OnnxModel> of) {
        return of.layers().stream()
                .filter(layer -> layer.op() instanceof Affine)
                .mapToLong(layer -> layer.weight().elements())
                .sum();
    }

    /** Of each sentence's embedding with the original model's. */
    private static List<Double> cosines(CompressibleModel<OnnxModel> other) {
        List<float[]> expected = embeddings(model);
        List<float[]> actual = embeddings(other);
        List<Double> cosines = new ArrayList<>();
        for (int i = 0; i < expected.size(); i++) {
            cosines.add(cosine(expected.get(i), actual.get(i)));
        }
        return cosines;
    }

    private static List<float[]> embeddings(CompressibleModel<OnnxModel> encoder) {
        try (Predictor predictor = FullRank.FORMAT.predictor(encoder.model())) {
            return SENTENCES.stream().map(s -> embedding(predictor, s)).toList();
        }
    }

    /** The mean over tokens, as the model's authors use it. */
    private static float[] embedding(Predictor predictor, String sentence) {
        long[] tokens = words.tokens(sentence);
        List<Long> shape = List.of(1L, (long) tokens.length);
        long[] ones = new long[tokens.length];
        Arrays.fill(ones, 1);
        Tensor states = predictor
                .run(Map.of(
                        "input_ids", Tensor.ofLongs(shape, tokens),
                        "attention_mask", Tensor.ofLongs(shape, ones),
                        "token_type_ids", Tensor.ofLongs(shape, new long[tokens.length])))
                .get("output_0");
        int features = (int) (long) states.shape().get(2);
        float[] mean = new float[features];
        for (int t = 0; t < tokens.length; t++) {
            for (int f = 0; f < features; f++) {
                mean[f] += (float) states.getDouble(t * features + f) / tokens.length;
            }
        }
        return mean;
    }

    private static double cosine(float[] a, float[] b) {
        double ab = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
            ab += (double) a[i] * b[i];
            aa += (double) a[i] * a[i];
            bb += (double) b[i] * b[i];
        }
        return ab / Math.sqrt(aa * bb);
    }
}
