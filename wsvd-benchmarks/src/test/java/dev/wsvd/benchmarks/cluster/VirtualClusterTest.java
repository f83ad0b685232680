package dev.wsvd.benchmarks.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.benchmarks.cluster.VirtualCluster.Overheads;
import dev.wsvd.benchmarks.cluster.VirtualCluster.Tasks;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VirtualClusterTest {
    private static final List<Double> SECONDS = List.of(3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0);
    private static final double SUM = 31;

    @Test
    void oneExecutorTakesAsLongAsAllTasks() {
        assertThat(makespan(1, Overheads.NONE, independent())).isEqualTo(SUM);
    }

    @Test
    void oneExecutorWaitsForTheDriver() {
        assertThat(makespan(1, new Overheads(0.5, 0.25, 10, 0), independent()))
                .isEqualTo(SUM + 10 + SECONDS.size() * 0.75, within(1e-9));
    }

    @Test
    void asManyExecutorsAsTasksTakeAsLongAsTheLongest() {
        assertThat(makespan(8, Overheads.NONE, independent())).isEqualTo(9);
        assertThat(makespan(1000, Overheads.NONE, independent())).isEqualTo(9);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 5})
    void severalTakeAtLeastTheirPartAndAtMostThatAndTheLongest(int executors) {
        assertThat(makespan(executors, Overheads.NONE, independent())).isBetween(SUM / executors, SUM / executors + 9);
    }

    @Test
    void tasksThatWaitForEachOtherGainNothing() {
        assertThat(makespan(100, Overheads.NONE, chain())).isEqualTo(SUM);
    }

    @Test
    void theDriverIsTheLimitOfManyExecutors() {
        assertThat(makespan(1000, new Overheads(20, 0, 0, 0), independent())).isGreaterThan(8 * 20);
    }

    @Test
    void spreadIsTheSameEachTime() {
        Overheads spread = new Overheads(0, 0, 0, 0.3);
        assertThat(makespan(3, spread, independent()))
                .isEqualTo(makespan(3, spread, independent()))
                .isNotEqualTo(makespan(3, Overheads.NONE, independent()));
    }

    private static double makespan(int executors, Overheads overheads, Tasks<Double> tasks) {
        return new VirtualCluster(executors, overheads).makespan(tasks);
    }

    private static Tasks<Double> independent() {
        Deque<Double> left = new ArrayDeque<>(SECONDS);
        return new Listed(left) {
            @Override
            public Optional<Double> next() {
                return Optional.ofNullable(left.poll());
            }
        };
    }

    private static Tasks<Double> chain() {
        Deque<Double> left = new ArrayDeque<>(SECONDS);
        return new Listed(left) {
            private boolean waiting;

            @Override
            public Optional<Double> next() {
                Optional<Double> next = waiting ? Optional.empty() : Optional.ofNullable(left.poll());
                waiting = true;
                return next;
            }

            @Override
            public void done(Double task) {
                waiting = false;
            }
        };
    }

    private abstract static class Listed implements Tasks<Double> {
        Listed(Deque<Double> left) {
            assertThat(left).hasSameSizeAs(SECONDS);
        }

        @Override
        public double seconds(Double task) {
            return task;
        }

        @Override
        public void done(Double task) {}
    }
}
