package dev.wsvd.domain.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

final class WorkersTest {
    @Test
    void everyTaskRunsOnceAlsoWhenTasksRunTasks() {
        AtomicIntegerArray runs = new AtomicIntegerArray(30 * 40);
        Workers.forEach(30, i -> Workers.forEach(40, j -> runs.incrementAndGet(i * 40 + j)));
        for (int i = 0; i < runs.length(); i++) {
            assertThat(runs.get(i)).isOne();
        }
    }

    @Test
    void whatATaskThrowsReachesTheCallerAfterAllHaveEnded() {
        IllegalStateException thrown = new IllegalStateException("task 5");
        assertThatThrownBy(() -> Workers.forEach(20, i -> {
                    if (i == 5) {
                        throw thrown;
                    }
                }))
                .isSameAs(thrown);
    }

    @Test
    void anInterruptedCallerStillWaitsAndStaysInterrupted() {
        AtomicIntegerArray runs = new AtomicIntegerArray(50);
        Thread.currentThread().interrupt();
        Workers.forEach(50, runs::incrementAndGet);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(runs.toString()).doesNotContain("0");
    }
}
