package dev.wsvd.benchmarks.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.wsvd.benchmarks.cluster.VirtualCluster.Deaths;
import dev.wsvd.benchmarks.cluster.VirtualCluster.Overheads;
import dev.wsvd.benchmarks.cluster.VirtualCluster.Tasks;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
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
        assertThat(makespan(1, new Overheads(0.5, 0.25, 10, 0, Deaths.NONE), independent()))
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
        assertThat(makespan(1000, new Overheads(20, 0, 0, 0, Deaths.NONE), independent()))
                .isGreaterThan(8 * 20);
    }

    @Test
    void spreadIsTheSameEachTime() {
        Overheads spread = new Overheads(0, 0, 0, 0.3, Deaths.NONE);
        assertThat(makespan(3, spread, independent()))
                .isEqualTo(makespan(3, spread, independent()))
                .isNotEqualTo(makespan(3, Overheads.NONE, independent()));
    }

    @Test
    void whereNoneDiesInTimeNothingChanges() {
        Overheads alive = new Overheads(0.1, 0.2, 1, 0.3, Deaths.NONE);
        Overheads late = new Overheads(0.1, 0.2, 1, 0.3, new Deaths(1e12, 5, 7, false, 1));
        assertThat(makespan(3, late, independent())).isEqualTo(makespan(3, alive, independent()));
        assertThat(makespan(3, late, chain())).isEqualTo(makespan(3, alive, chain()));
    }

    /** A task of t seconds on an executor that starts anew takes (e^{λ(s + t)} − 1) (1/λ + R) on average, with a start of s. */
    @Test
    void oneExecutorThatDiesTakesAsLongAsMemorylessRestartsDo() {
        double rate = 0.1;
        double start = 2;
        double seconds = 8;
        double replaced = 5;
        double anew = Math.expm1(rate * (start + seconds)) * (1 / rate + replaced);
        double startedBefore = -Math.expm1(-rate * seconds) * (1 / rate + replaced + anew);
        int count = 100_000;
        Overheads overheads = new Overheads(0, 0, start, 0, new Deaths(1 / rate, 3, replaced, false, 1));
        assertThat(makespan(1, overheads, equal(count, seconds)) / count).isCloseTo(startedBefore, withinPercentage(1));
    }

    @Test
    void aDeathThatIsNoticedLateDelaysItsTask() {
        Deaths deaths = new Deaths(20, 0, 0, false, 1);
        Deaths late = new Deaths(20, 50, 0, false, 1);
        assertThat(dying(1000, late, equal(1000, 10)) - dying(1000, deaths, equal(1000, 10)))
                .isGreaterThan(50);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 20, 100})
    void everyTaskIsDoneOnceAndNoneSooner(int executors) {
        for (long seed = 0; seed < 20; seed++) {
            Listed tasks = equal(50, 10);
            assertThat(dying(executors, new Deaths(15, 1, 4, false, seed), tasks))
                    .isGreaterThan(makespan(executors, Overheads.NONE, equal(50, 10)));
            assertThat(tasks.done).hasSize(50);
            Listed chain = chain();
            assertThat(dying(executors, new Deaths(15, 1, 4, false, seed), chain))
                    .isGreaterThanOrEqualTo(SUM);
            assertThat(chain.done).containsExactlyElementsOf(SECONDS);
        }
    }

    @Test
    void resultsThatAreLostAreMadeAgain() {
        Listed kept = equal(50, 10);
        Listed lost = equal(50, 10);
        double withoutLoss = dying(5, new Deaths(200, 1, 4, false, 1), kept);
        assertThat(dying(5, new Deaths(200, 1, 4, true, 1), lost)).isGreaterThan(withoutLoss);
        assertThat(kept.done).hasSize(50);
        assertThat(lost.done).hasSizeGreaterThan(50);
    }

    @Test
    void aTaskThatHardlyAnyExecutorLivesToEndNeverEnds() {
        assertThat(dying(2, new Deaths(10, 1, 4, false, 1), equal(1, 1000))).isInfinite();
    }

    private static double dying(int executors, Deaths deaths, Tasks<Double> tasks) {
        return makespan(executors, new Overheads(0, 0, 0, 0, deaths), tasks);
    }

    private static double makespan(int executors, Overheads overheads, Tasks<Double> tasks) {
        return new VirtualCluster(executors, overheads).makespan(tasks);
    }

    private static Listed independent() {
        return new Listed(SECONDS);
    }

    private static Listed equal(int count, double seconds) {
        return new Listed(Collections.nCopies(count, seconds));
    }

    private static Listed chain() {
        return new Listed(SECONDS) {
            private boolean waiting;

            @Override
            public Optional<Double> next() {
                Optional<Double> next = waiting ? Optional.empty() : super.next();
                waiting = true;
                return next;
            }

            @Override
            public void done(Double task) {
                super.done(task);
                waiting = false;
            }
        };
    }

    private static class Listed implements Tasks<Double> {
        private final Deque<Double> left;
        private final List<Double> done = new ArrayList<>();

        Listed(List<Double> seconds) {
            left = new ArrayDeque<>(seconds);
        }

        @Override
        public Optional<Double> next() {
            return Optional.ofNullable(left.poll());
        }

        @Override
        public double seconds(Double task) {
            return task;
        }

        @Override
        public void done(Double task) {
            done.add(task);
        }
    }
}
