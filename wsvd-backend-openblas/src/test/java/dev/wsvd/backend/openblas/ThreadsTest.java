package dev.wsvd.backend.openblas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.InvalidInputException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ThreadsTest {
    private static final int LONG = 4000;

    @AfterEach
    void clear() {
        System.clearProperty(Threads.PROPERTY);
    }

    @Test
    void theNumberAskedForHoldsForTheCallOnly() {
        int before = Threads.current();
        System.setProperty(Threads.PROPERTY, String.valueOf(before + 1));
        assertThat(before).isPositive();
        AtomicInteger within = new AtomicInteger();
        Threads.runLong(LONG, () -> within.set(Threads.now()));
        assertThat(within).hasValue(before + 1);
        assertThat(Threads.now()).isEqualTo(before);
    }

    @Test
    void shortCallsAndTasksHaveOneThreadEach() {
        Set<Integer> within = ConcurrentHashMap.newKeySet();
        Threads.runLong(10, () -> within.add(Threads.now()));
        Threads.forEach(3, task -> within.add(Threads.now()));
        assertThat(within).containsExactly(1);
    }

    @Test
    void noMoreTasksRunAtOnceThanAskedFor() {
        System.setProperty(Threads.PROPERTY, "1");
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        Threads.forEach(100, task -> threads.add(Thread.currentThread()));
        assertThat(threads).containsExactly(Thread.currentThread());
    }

    @Test
    void aFailedCallLeavesItAsItWas() {
        int before = Threads.current();
        assertThatThrownBy(() -> Threads.forEach(2, task -> {
                    throw new IllegalStateException("failed");
                }))
                .hasMessage("failed");
        assertThat(Threads.now()).isEqualTo(before);
    }

    @Test
    void otherThanNumbersAreRefused() {
        for (String value : new String[] {"0", "many"}) {
            System.setProperty(Threads.PROPERTY, value);
            assertThatThrownBy(() -> Threads.runLong(LONG, () -> {}))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("The system property wsvd.openblas.threads must be a number of at least 1, found '"
                            + value + "'.");
        }
    }
}
