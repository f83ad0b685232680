package dev.wsvd.evaluation;

import static dev.wsvd.evaluation.NpyFilesTest.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Suspicious data is told of, other data is not. */
class DataCheckTest {
    private static final int SAMPLES = 40;
    private static final int FEATURES = 6;

    /** Trained on values in 0 … 1: the class is whether their mean is above a half. */
    private final RunningModel unit = new RunningModel(-1L, (long) FEATURES).output("y", x ->
            new float[] {0.5f, (float) java.util.Arrays.stream(x).average().orElseThrow()});

    /** The same that divides by 255 itself. */
    private final RunningModel rescaling = new RunningModel(-1L, (long) FEATURES).output("y", x ->
            new float[] {127.5f, (float) java.util.Arrays.stream(x).average().orElseThrow()});

    @Test
    void dataAsInTrainingIsNotSuspicious() {
        assertThat(notices(unit, data(floats(1), labels()))).isEmpty();
        assertThat(notices(rescaling, data(bytes(), labels()))).isEmpty();
        assertThat(notices(unit, ArrayDataset.of(Map.of("x", floats(1))))).isEmpty();
    }

    @Test
    void bytesForAModelOfValuesUpToOne() {
        assertThat(notices(unit, data(bytes(), labels())))
                .containsExactly(
                        "The data holds whole numbers up to 255 for a floating-point input: 0.5500 of the first 40"
                                + " samples are right, 1.0000 if they are divided by 255. Maybe divide them, as in training.");
        assertThat(notices(unit, ArrayDataset.of(Map.of("x", bytes()))))
                .containsExactly(
                        "The data holds whole numbers up to 255 for a floating-point input: all of the first 40"
                                + " samples get class 1, and several classes if they are divided by 255. Maybe divide them, as in"
                                + " training.");
    }

    @Test
    void oneClassForAll() {
        assertThat(notices(rescaling, data(floats(1), labels())))
                .containsExactly(
                        "All of the first 40 samples get class 0. Maybe the inputs are scaled or laid out otherwise"
                                + " than in training.");
    }

    @Test
    void aScoreLikeGuessing() {
        long[] other = labels();
        for (int i = 0; i < other.length; i += 2) {
            other[i] = 1 - other[i];
        }
        assertThat(notices(unit, data(floats(1), other)))
                .containsExactly(
                        "0.5000 of the first 40 samples are right, no more than by guessing one of 2 classes. Maybe"
                                + " the inputs are scaled or laid out otherwise than in training, or the labels number the classes"
                                + " otherwise.");
    }

    @Test
    void doublesAndBrokenNumbers() {
        ByteBuffer doubles = ByteBuffer.allocate(8 * FEATURES).order(ByteOrder.LITTLE_ENDIAN);
        doubles.putDouble(0, Double.NaN);
        Tensor tensor = new Tensor(ElementType.FLOAT64, List.of(1L, (long) FEATURES), doubles);
        assertThat(notices(unit, ArrayDataset.of(Map.of("x", tensor))))
                .containsExactly(
                        "The data holds NaN or infinite values for input 'x'. Maybe something went wrong when it was made.",
                        "The data holds float64 for input 'x', which takes float32; it is rounded. Maybe save it with"
                                + " .astype(numpy.float32).");
    }

    @Test
    void channelsThatStandLast() {
        RunningModel open = new RunningModel(-1L, -1L, -1L, -1L).output("y", x -> new float[] {1, 0});
        Tensor image = Tensor.ofFloats(List.of(1L, 8L, 8L, 3L), new float[192]);
        assertThat(notices(open, ArrayDataset.of(Map.of("x", image))))
                .containsExactly(
                        "The data has shape [1, 8, 8, 3] for input 'x', whose channels are dim 1. Maybe the channels"
                                + " stand last: transpose it to [samples, channels, height, width].");
        RunningModel fixed = new RunningModel(-1L, 3L, 8L, 8L).output("y", x -> new float[] {1, 0});
        refused(
                () -> notices(fixed, ArrayDataset.of(Map.of("x", image))),
                "The data has shape [1, 8, 8, 3], input 'x' takes [?, 3, 8, 8] with the samples first. Maybe the"
                        + " channels stand last; move them to dim 1.");
        RunningModel last = new RunningModel(-1L, 8L, 8L, 3L).output("y", x -> new float[] {1, 0});
        assertThat(notices(last, ArrayDataset.of(Map.of("x", image)))).isEmpty();
    }

    @Test
    void calibrationAndDataOfDifferentScale() {
        ArrayDataset small = ArrayDataset.of(Map.of("x", floats(1)));
        ArrayDataset large = ArrayDataset.of(Map.of("x", floats(255)));
        assertThat(DataCheck.notices(unit, large, small))
                .containsExactly(
                        "The values for input 'x' reach 255.0 in the data and 1.000 in the data. Maybe one of them is"
                                + " not scaled as in training.");
        assertThat(DataCheck.notices(unit, small, ArrayDataset.of(Map.of("x", floats(3)))))
                .isEmpty();
    }

    private static List<String> notices(RunningModel model, ArrayDataset data) {
        return DataCheck.notices(model, data, Optional.empty());
    }

    private static ArrayDataset data(Tensor x, long[] labels) {
        return ArrayDataset.of(Map.of("x", x), Tensor.ofLongs(List.of((long) SAMPLES), labels));
    }

    /** Whether the mean of a sample is above a half. */
    private static long[] labels() {
        Tensor x = floats(1);
        long[] labels = new long[SAMPLES];
        for (int i = 0; i < SAMPLES; i++) {
            double sum = 0;
            for (int f = 0; f < FEATURES; f++) {
                sum += x.getDouble(i * FEATURES + f);
            }
            labels[i] = sum / FEATURES > 0.5 ? 1 : 0;
        }
        return labels;
    }

    /** Uniform from 0 to a largest value; in steps of 1/255 of it. */
    private static Tensor floats(float largest) {
        Random random = new Random(5);
        float[] values = new float[SAMPLES * FEATURES];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(256) / 255f * largest;
        }
        return Tensor.ofFloats(List.of((long) SAMPLES, (long) FEATURES), values);
    }

    private static Tensor bytes() {
        Random random = new Random(5);
        ByteBuffer values = ByteBuffer.allocate(SAMPLES * FEATURES);
        while (values.hasRemaining()) {
            values.put((byte) random.nextInt(256));
        }
        return new Tensor(ElementType.UINT8, List.of((long) SAMPLES, (long) FEATURES), values);
    }
}
