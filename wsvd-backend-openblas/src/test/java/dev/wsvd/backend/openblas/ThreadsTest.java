package dev.wsvd.backend.openblas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.InvalidInputException;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.openblas.presets.openblas_nolapack;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ThreadsTest {
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
        Threads.run(() -> within.set(openblas_nolapack.blas_get_num_threads()));
        assertThat(within).hasValue(before + 1);
        assertThat(Threads.current()).isEqualTo(before);
    }

    @Test
    void aFailedCallLeavesItAsItWas() {
        int before = Threads.current();
        System.setProperty(Threads.PROPERTY, String.valueOf(before + 1));
        assertThatThrownBy(() -> Threads.run(() -> {
                    throw new IllegalStateException("failed");
                }))
                .hasMessage("failed");
        assertThat(Threads.current()).isEqualTo(before);
    }

    @Test
    void otherThanNumbersAreRefused() {
        for (String value : new String[] {"0", "many"}) {
            System.setProperty(Threads.PROPERTY, value);
            assertThatThrownBy(() -> Threads.run(() -> {}))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("The system property wsvd.openblas.threads must be a number of at least 1, found '"
                            + value + "'.");
        }
    }
}
