package dev.wsvd.calibration;

import static dev.wsvd.calibration.RecordedActivations.floats;
import static dev.wsvd.calibration.RecordedActivations.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.domain.tensor.Tensor;
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
    void rowsThatAreNoDistributionsAreLogits() {
        Map<String, Tensor> original = Map.of("y", floats(2, 2, 3, 3, -1, -1));
        Map<String, Tensor> other =
                Map.of("y", floats(2, 2, 7 + (float) Math.log(4), 7, (float) Math.log(0.8), (float) Math.log(0.2)));

        assertThat(divergence(2, original, other)).isCloseTo(KL, within(1e-6));
    }

    @Test
    void otherOutputsDivergeByTheirRelativeSquaredError() {
        Map<String, Tensor> original = Map.of("y", Tensor.ofFloats(List.of(2L, 1L, 2L), new float[] {1, 2, 3, 4}));
        Map<String, Tensor> other = Map.of("y", Tensor.ofFloats(List.of(2L, 1L, 2L), new float[] {1, 2, 3, 1}));

        assertThat(divergence(2, original, other)).isCloseTo(9.0 / 30, within(1e-12));
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
    void twoHundredSamplesFromEverywhereAreComparedAndTheOriginalRunsOnce() {
        Map<String, Tensor> original = Map.of("y", floats(1_005, 1, random(1_005, 1)));
        Map<String, Tensor> other = Map.of("y", floats(1_005, 1, random(1_005, 2)));
        RecordedActivations inputs = new RecordedActivations(1_005);
        Divergence<Map<String, Tensor>> divergence = new Divergence<>(inputs, original);

        assertThat(divergence.of(other)).isPositive().isEqualTo(divergence.of(other));
        assertThat(inputs.runs)
                .hasSize(3)
                .allSatisfy(ranges -> assertThat(ranges)
                        .hasSize(11)
                        .startsWith("0-20", "100-120")
                        .endsWith("1000-1005"));
        assertThat(inputs.open).isZero();
    }

    private static double divergence(long samples, Map<String, Tensor> original, Map<String, Tensor> other) {
        return new Divergence<>(new RecordedActivations(samples), original).of(other);
    }
}
