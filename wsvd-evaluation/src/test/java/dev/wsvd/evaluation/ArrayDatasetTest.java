package dev.wsvd.evaluation;

import static dev.wsvd.evaluation.NpyFilesTest.refused;
import static dev.wsvd.evaluation.NpyFilesTest.values;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArrayDatasetTest {
    private static final float[][] IDENTITY = {{1, 0}, {0, 1}};
    private static final String MODEL_INPUT = "'x' (float32 [?, 2])";

    @TempDir
    Path folder;

    private final LinearModel.Format format = new LinearModel.Format();

    @Test
    void aLoneArrayIsBoundToTheSingleInput() {
        Path file = data(3);
        ArrayDataset data = ArrayDataset.load(file);
        assertThat(data.samples()).isEqualTo(3);
        assertThat(data.labelled()).isFalse();

        Map<String, Tensor> sample = data.sample(format.predictor(new LinearModel(IDENTITY)));
        assertThat(sample).containsOnlyKeys("x");
        assertThat(sample.get("x").shape()).containsExactly(1L, 2L);
        assertThat(values(sample.get("x"))).containsExactly(0, 1);
    }

    @Test
    void aSampleFillsAFixedBatch() {
        ArrayDataset data = ArrayDataset.load(data(3));
        Tensor two = data.sample(format.predictor(new LinearModel(IDENTITY).withBatch(2)))
                .get("x");
        assertThat(two.shape()).containsExactly(2L, 2L);
        assertThat(values(two)).containsExactly(0, 1, 2, 3);

        Tensor five = data.sample(format.predictor(new LinearModel(IDENTITY).withBatch(5)))
                .get("x");
        assertThat(five.shape()).containsExactly(5L, 2L);
        assertThat(values(five)).containsExactly(0, 1, 0, 1, 0, 1, 0, 1, 0, 1);
    }

    @Test
    void aBatchIsTheFirstSamples() {
        ArrayDataset data = ArrayDataset.load(data(3));
        LinearModel model = new LinearModel(IDENTITY);

        assertThat(values(data.batch(format.predictor(model), 2).get("x"))).containsExactly(0, 1, 2, 3);
        assertThat(data.batch(format.predictor(model), 64).get("x").shape()).containsExactly(3L, 2L);
        assertThat(values(data.batch(format.predictor(model.withBatch(4)), 2).get("x")))
                .containsExactly(0, 1, 2, 3, 4, 5, 4, 5);
    }

    @Test
    void namesMustBeTheInputs() {
        Path stored = Fixtures.file("stored.npz");
        refused(
                () -> ArrayDataset.load(stored).sample(format.predictor(new LinearModel(IDENTITY))),
                "The file " + stored + " holds 'b', 'a', the model takes " + MODEL_INPUT
                        + "; there must be one array per input, of its name.");
        Path unnamed = Fixtures.file("unnamed.npz");
        refused(
                () -> ArrayDataset.load(unnamed).sample(format.predictor(new LinearModel(IDENTITY))),
                "The file " + unnamed + " holds 'arr_0', the model takes " + MODEL_INPUT
                        + "; there must be one array per input, of its name.");
    }

    @Test
    void aLoneArrayIsNotEnoughForSeveralInputs() {
        Path file = data(3);
        refused(
                () -> ArrayDataset.load(file).sample(new TwoInputs()),
                "The file " + file + " holds one array without a name, the model takes 'a' (float32 [?, 1]), 'b' (int64"
                        + " [?]). Maybe save a .npz with an array of each name.");
        Map<String, Tensor> sample =
                ArrayDataset.load(Fixtures.file("stored.npz")).sample(new TwoInputs());
        assertThat(values(sample.get("a"))).containsExactly(0.5);
        assertThat(values(sample.get("b"))).containsExactly(1);
    }

    @Test
    void shapesMustFit() {
        Path file = data(3);
        refused(
                () -> ArrayDataset.load(file).sample(format.predictor(new LinearModel(new float[][] {{1, 2}}))),
                "The file " + file + " has shape [3, 2], input 'x' takes [?, 1] with the samples first.");
    }

    @Test
    void anInputOfAnyShapeTakesTheDatas() {
        Map<String, Tensor> sample =
                ArrayDataset.load(Fixtures.file("stored.npz")).sample(new TwoInputs(false));
        assertThat(sample.get("a").shape()).containsExactly(1L, 1L);
        assertThat(values(sample.get("a"))).containsExactly(0.5);
        Path file = data(3);
        refused(
                () -> ArrayDataset.load(file).sample(new TwoInputs(false)),
                "The file " + file + " holds one array without a name, the model takes 'a'"
                        + " (float32 of any shape), 'b' (int64 [?]). Maybe save a .npz with an array of each name.");
    }

    @Test
    void thereMustBeOneLabelPerSample() {
        Path data = data(3);
        Path labels = longs("labels.npy", List.of(2L), 0, 1);
        refused(
                () -> ArrayDataset.load(data, labels),
                "The file " + data + " has 3 samples, the file " + labels
                        + " has 2 labels; there must be one label per sample.");
    }

    @Test
    void arraysMustHaveEquallyManySamples() {
        refused(() -> ArrayDataset.of(unequal()), "The data holds arrays of different numbers of samples: {a=2, b=3}.");
        refused(
                () -> ArrayDataset.load(Fixtures.file("empty.npy")),
                "The file " + Fixtures.file("empty.npy") + " holds no samples.");
        refused(
                () -> ArrayDataset.load(Fixtures.file("scalar.npy")),
                "The file " + Fixtures.file("scalar.npy")
                        + " holds a single number; the first dim of an array counts samples.");
    }

    @Test
    void labelsComeInThreeForms() {
        ArrayDataset flat = labelled(longs("flat.npy", List.of(3L), 1, 0, 1));
        ArrayDataset column = labelled(longs("column.npy", List.of(3L, 1L), 1, 0, 1));
        Path hot = folder.resolve("hot.npy");
        NpyFiles.write(hot, Tensor.ofFloats(List.of(3L, 2L), new float[] {0, 1, 1, 0, 0, 1}));
        ArrayDataset oneHot = labelled(hot);
        for (ArrayDataset data : List.of(flat, column, oneHot)) {
            assertThat(data.labelled()).isTrue();
            assertThat(List.of(data.label(0), data.label(1), data.label(2))).containsExactly(1, 0, 1);
            assertThat(data.sha256()).isEqualTo(flat.sha256());
        }
    }

    @Test
    void otherLabelsAreRefused() {
        Path file = folder.resolve("bad.npy");
        NpyFiles.write(file, Tensor.ofFloats(List.of(3L), new float[3]));
        refused(
                () -> labelled(file),
                "The file " + file + " holds float32; labels are integers. Maybe save them with .astype(numpy.int64).");
        NpyFiles.write(file, Tensor.ofFloats(List.of(3L, 2L), new float[] {0, 1, 1, 1, 0, 1}));
        refused(
                () -> labelled(file),
                "The file " + file + " has shape [3, 2] and row 1 is not one-hot; such a row holds a single 1 among"
                        + " zeros.");
        NpyFiles.write(file, Tensor.ofLongs(List.of(3L), new long[] {0, -1, 1}));
        refused(() -> labelled(file), "The file " + file + " holds -1 for sample 1; a label is a class number from 0.");
        NpyFiles.write(file, Tensor.ofLongs(List.of(3L, 1L, 2L), new long[6]));
        refused(
                () -> labelled(file),
                "The file " + file + " has shape [3, 1, 2]; labels are integers [samples] or [samples, 1], or one-hot"
                        + " [samples, classes].");
        Path two = Fixtures.file("stored.npz");
        refused(() -> labelled(two), "The file " + two + " holds the arrays 'b', 'a'; labels are a single array.");
    }

    @Test
    void aLimitTakesTheFirstSamples() {
        ArrayDataset data = ArrayDataset.load(data(3));
        assertThat(data.limit(2).samples()).isEqualTo(2);
        assertThat(data.limit(9).samples()).isEqualTo(3);
        assertThat(data.limit(Integer.MAX_VALUE).sha256()).isEqualTo(data.sha256());
        assertThat(data.limit(2).sha256())
                .isEqualTo(ArrayDataset.load(data(2)).sha256())
                .isNotEqualTo(data.sha256());
        refused(() -> data.limit(0), "The number of samples must be at least 1, found 0.");
    }

    @Test
    void theDigestTellsContentsApartAndNotFiles() throws IOException {
        Path file = data(3);
        Path copy = Files.copy(file, folder.resolve("copy.npy"));
        String digest = ArrayDataset.load(file).sha256();
        assertThat(digest)
                .matches("[0-9a-f]{64}")
                .isEqualTo(ArrayDataset.load(copy).sha256());

        Tensor same = Tensor.ofFloats(List.of(3L, 2L), new float[] {0, 1, 2, 3, 4, 5});
        assertThat(ArrayDataset.of(Map.of("", same)).sha256()).isEqualTo(digest);
        Tensor shaped = Tensor.ofFloats(List.of(3L, 2L, 1L), new float[] {0, 1, 2, 3, 4, 5});
        Tensor other = Tensor.ofFloats(List.of(3L, 2L), new float[] {0, 1, 2, 3, 4, 6});
        assertThat(List.of(
                        ArrayDataset.of(Map.of("x", same)).sha256(),
                        ArrayDataset.of(Map.of("", shaped)).sha256(),
                        ArrayDataset.of(Map.of("", other)).sha256(),
                        labelled(longs("l.npy", List.of(3L), 0, 0, 1)).sha256(),
                        labelled(longs("l.npy", List.of(3L), 0, 1, 1)).sha256(),
                        digest))
                .doesNotHaveDuplicates();
    }

    private ArrayDataset labelled(Path labels) {
        return ArrayDataset.load(data(3), labels);
    }

    private Path data(int samples) {
        Path file = folder.resolve("data" + samples + ".npy");
        float[] values = new float[samples * 2];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        if (Files.notExists(file)) {
            NpyFiles.write(file, Tensor.ofFloats(List.of((long) samples, 2L), values));
        }
        return file;
    }

    private Path longs(String name, List<Long> shape, long... values) {
        Path file = folder.resolve(name);
        NpyFiles.write(file, Tensor.ofLongs(shape, values));
        return file;
    }

    private static Map<String, Tensor> unequal() {
        Map<String, Tensor> arrays = new java.util.TreeMap<>();
        arrays.put("a", Tensor.ofLongs(List.of(2L), new long[2]));
        arrays.put("b", Tensor.ofLongs(List.of(3L), new long[3]));
        return arrays;
    }
}
