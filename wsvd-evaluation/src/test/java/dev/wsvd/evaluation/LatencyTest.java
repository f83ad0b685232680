package dev.wsvd.evaluation;

import static dev.wsvd.evaluation.NpyFilesTest.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** By a clock that moves only when a model runs. */
class LatencyTest {
    private long clock;
    private final List<String> order = new ArrayList<>();

    @Test
    void percentilesAreOfTheTimedRunsOnly() {
        // The two warm-ups take 1000 ms each and must not count.
        Latency latency =
                Latency.measure(timed("a", 1000, 1000, 5, 1, 2, 3, 4, 10, 9, 8, 7, 6), Map.of(), 2, 10, () -> clock);
        assertThat(latency).isEqualTo(new Latency(5.5, 1, 9, 10));
        assertThat(Latency.measure(timed("a", 3, 1, 2), Map.of(), 0, 3, () -> clock))
                .isEqualTo(new Latency(2, 1, 3, 3));
        assertThat(Latency.measure(timed("a", 7), Map.of(), 0, 1, () -> clock)).isEqualTo(new Latency(7, 7, 7, 1));
    }

    @Test
    void driftThatHitsBothCancels() {
        // The machine slows down fourfold; the second model always takes half as long.
        Latency.Comparison comparison =
                Latency.compare(timed("a", 9, 10, 20, 40), timed("b", 9, 5, 10, 20), Map.of(), 1, 3, () -> clock);
        assertThat(order).containsExactly("a", "b", "a", "b", "a", "b", "a", "b");
        assertThat(comparison.ratio()).isEqualTo(0.5, within(1e-12));
        assertThat(comparison.first()).isEqualTo(new Latency(20, 10, 40, 3));
        assertThat(comparison.second()).isEqualTo(new Latency(10, 5, 20, 3));
    }

    @Test
    void aClockThatDoesNotMoveSaysNothing() {
        assertThat(Latency.compare(timed("a", 0, 0), timed("b", 0, 0), Map.of(), 0, 2, () -> clock)
                        .ratio())
                .isEqualTo(1);
    }

    @Test
    void thereMustBeARun() {
        refused(() -> Latency.measure(timed("a"), Map.of(), 0, 0), "The number of runs must be at least 1, found 0.");
    }

    @Test
    void aRealModelIsTimed() {
        LinearModel.Format format = new LinearModel.Format();
        LinearModel model = new LinearModel(new float[][] {{1, 2}});
        Map<String, Tensor> input = Map.of("x", Tensor.ofFloats(List.of(1L, 1L), new float[] {1}));
        Latency.Comparison comparison = Latency.compare(format.predictor(model), format.predictor(model), input, 2, 5);
        assertThat(format.batchesRun).hasSize(2 * 7);
        assertThat(comparison.first().p10Ms())
                .isLessThanOrEqualTo(comparison.first().medianMs());
        assertThat(comparison.first().medianMs())
                .isPositive()
                .isLessThanOrEqualTo(comparison.first().p90Ms());
    }

    private Predictor timed(String name, int... ms) {
        return new Predictor() {
            private int run;

            @Override
            public List<TensorInfo> inputs() {
                return List.of();
            }

            @Override
            public List<TensorInfo> outputs() {
                return List.of();
            }

            @Override
            public Map<String, Tensor> run(Map<String, Tensor> inputs) {
                order.add(name);
                clock += ms[run++] * 1_000_000L;
                return Map.of();
            }

            @Override
            public void close() {
                // Nothing is held.
            }
        };
    }
}
