package dev.wsvd.calibration;

import static dev.wsvd.calibration.RecordedActivations.floats;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.domain.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DivergenceTest {
    private static final double KL = 0.5 * Math.log(0.5 / 0.8) + 0.5 * Math.log(0.5 / 0.2);

    @Test
    void classDistributionsDivergeByKullbackAndLeibler() {
        Map<String, Tensor> original = Map.of("y", floats(2, 2, 0.5f, 0.5f, 0.5f, 0.5f));
        Map<String, Tensor> other = Map.of("y", floats(2, 2, 0.8f, 0.2f, 0.5f, 0.5f));

        assertThat(divergence(2, original, other)).isCloseTo(KL / 2, within(1e-6));
        assertThat(divergence(2, original, original)).isZero();
    }

    @Test
    void rowsOfWhichSoftmaxIsSureAreLogits() {
        Tensor original = floats(2, 2, 3, 3 + (float) Math.log(4), -1 + (float) Math.log(4), -1);
        Tensor other = floats(2, 2, 7, 7, 2, 2);

        double expected = 0.8 * Math.log(0.8 / 0.5) + 0.2 * Math.log(0.2 / 0.5);
        assertThat(divergence(2, original, other)).isCloseTo(expected, within(1e-6));
    }

    @Test
    void everyPositionOfASampleHasItsClasses() {
        float four = (float) Math.log(4);
        Tensor original = Tensor.ofFloats(List.of(1L, 3L, 2L), new float[] {0, 9, 9, 0, 9, 0});
        Tensor other = Tensor.ofFloats(List.of(1L, 3L, 2L), new float[] {0, 9, 9, 0, four, 0});

        double p = 1 / (1 + Math.exp(-9));
        double expected = (p * Math.log(p / 0.8) + (1 - p) * Math.log((1 - p) / 0.2)) / 3;
        assertThat(divergence(1, original, other)).isCloseTo(expected, within(1e-6));
    }

    @Test
    void sigmoidsAndEmbeddingsAreNumbers() {
        Tensor sigmoids = floats(2, 2, 0.9f, 0.8f, 0.1f, 0);
        assertThat(divergence(2, sigmoids, floats(2, 2, 0.9f, 0.8f, 0.1f, 0.5f)))
                .isCloseTo(0.25 / 1.46, within(1e-6));
        float[] vectors = new float[2 * 64];
        vectors[0] = 0.6f;
        vectors[1] = -0.8f;
        vectors[64] = -1;
        float[] turned = vectors.clone();
        turned[64] = 1;
        assertThat(divergence(2, floats(2, 64, vectors), floats(2, 64, turned))).isCloseTo(4.0 / 2, within(1e-6));
    }

    @Test
    void otherOutputsDivergeByTheirRelativeSquaredError() {
        Map<String, Tensor> original =
                Map.of("y", Tensor.ofFloats(List.of(2L, 1L, 2L), new float[] {1, 1.5f, 3, 3.5f}));
        Map<String, Tensor> other = Map.of("y", Tensor.ofFloats(List.of(2L, 1L, 2L), new float[] {1, 1.5f, 3, 0.5f}));

        assertThat(divergence(2, original, other)).isCloseTo(9.0 / 24.5, within(1e-12));
    }

    @Test
    void onlyFloatingPointOutputsWithTheSamplesFirstCount() {
        Map<String, Tensor> original = new HashMap<>(Map.of("y", floats(2, 1, 1, 2)));
        original.put("whole", Tensor.ofLongs(List.of(2L), new long[] {1, 2}));
        original.put("rows", floats(3, 1, 1, 2, 3));
        original.put("scalar", Tensor.ofFloats(List.of(), new float[] {1}));
        Map<String, Tensor> other = new HashMap<>(original);
        other.put("whole", Tensor.ofLongs(List.of(2L), new long[] {7, 8}));
        other.put("rows", floats(3, 1, 9, 9, 9));
        other.put("scalar", Tensor.ofFloats(List.of(), new float[] {9}));

        assertThat(divergence(2, original, other)).isZero();
        original.remove("y");
        assertThat(divergence(2, original, other)).isNaN();
    }

    @Test
    void twoHundredSamplesFromEverywhereAreComparedAtMostAndTheOriginalRunsOnce() {
        float[] values = new float[1_005];
        Arrays.fill(values, 1);
        Map<String, Tensor> original = Map.of("y", floats(1_005, 1, values.clone()));
        values[403] = 2;
        Map<String, Tensor> other = Map.of("y", floats(1_005, 1, values));
        RecordedActivations inputs = new RecordedActivations(1_005);
        Divergence<Map<String, Tensor>> divergence = new Divergence<>(inputs, original);

        assertThat(divergence.of(other)).isCloseTo(1.0 / 205, within(1e-9)).isEqualTo(divergence.of(other));
        assertThat(inputs.runs)
                .hasSize(3)
                .allSatisfy(ranges -> assertThat(ranges)
                        .hasSize(21)
                        .startsWith("0-10", "800-810", "400-410")
                        .contains("1000-1005")
                        .doesNotHaveDuplicates());
        assertThat(inputs.open).isZero();
    }

    @Test
    void aDivergenceThatIsTheSameEverywhereTakesFewBatches() {
        float[] values = new float[1_005];
        Arrays.fill(values, 1);
        Map<String, Tensor> original = Map.of("y", floats(1_005, 1, values.clone()));
        Arrays.fill(values, 1.5f);
        RecordedActivations inputs = new RecordedActivations(1_005);

        double found = new Divergence<>(inputs, original).of(Map.of("y", floats(1_005, 1, values)));

        assertThat(found).isCloseTo(0.25, within(1e-9));
        assertThat(inputs.runs)
                .allSatisfy(ranges -> assertThat(ranges).containsExactly("0-10", "800-810", "400-410", "200-210"));
    }

    @Test
    void fewerSamplesAreComparedInSmallerBatches() {
        float[] values = new float[1_005];
        Arrays.fill(values, 1);
        Map<String, Tensor> original = Map.of("y", floats(1_005, 1, values.clone()));
        values[503] = 2;
        RecordedActivations inputs = new RecordedActivations(1_005);

        double found = new Divergence<>(inputs, original, 12).of(Map.of("y", floats(1_005, 1, values)));

        assertThat(found).isCloseTo(1.0 / 13, within(1e-9));
        assertThat(inputs.runs)
                .allSatisfy(ranges ->
                        assertThat(ranges).containsExactly("0-3", "1004-1005", "502-505", "251-254", "753-756"));
    }

    private static double divergence(long samples, Tensor original, Tensor other) {
        return divergence(samples, Map.of("y", original), Map.of("y", other));
    }

    private static double divergence(long samples, Map<String, Tensor> original, Map<String, Tensor> other) {
        return new Divergence<>(new RecordedActivations(samples), original).of(other);
    }
}
