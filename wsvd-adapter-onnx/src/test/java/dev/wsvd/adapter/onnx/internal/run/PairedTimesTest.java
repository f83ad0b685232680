package dev.wsvd.adapter.onnx.internal.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Times by a clock that only what is timed moves. */
class PairedTimesTest {
    private static final long MS = 1_000_000;
    private static final int WARM_UPS = 3;

    private long now;
    private int runs;

    private PairedTimes of(Runnable first, Runnable second) {
        return PairedTimes.of(first, second, () -> now).orElseThrow();
    }

    private Runnable taking(double... ms) {
        AtomicInteger next = new AtomicInteger();
        return () -> {
            runs++;
            now += (long) (ms[next.getAndIncrement() % ms.length] * MS);
        };
    }

    @Test
    void whatIsAlwaysFasterIsSoonClear() {
        assertThat(of(taking(3), taking(2))).isEqualTo(new PairedTimes(3, 2, true));
        assertThat(runs).isEqualTo(2 * (WARM_UPS + 9) + 1);
    }

    @Test
    void whatIsAlwaysSlowerIsSoonClear() {
        assertThat(of(taking(2), taking(3))).isEqualTo(new PairedTimes(2, 3, false));
        assertThat(runs).isEqualTo(2 * (WARM_UPS + 9) + 1);
    }

    @Test
    void theSameTimeIsNotFaster() {
        assertThat(of(taking(2), taking(2))).isEqualTo(new PairedTimes(2, 2, false));
        assertThat(runs).isEqualTo(2 * (WARM_UPS + 100) + 1);
    }

    /** Faster in two of three pairs: three deviations beyond half of them are reached after 81. */
    @Test
    void noiseTakesMoreRuns() {
        assertThat(of(taking(2), taking(1.5, 1.5, 4))).isEqualTo(new PairedTimes(2, 1.5, true));
        assertThat(runs).isBetween(2 * (WARM_UPS + 70), 2 * (WARM_UPS + 90));
    }

    /** A third of the pairs says nothing in time. */
    @Test
    void slowModelsRunNoLongerThanTenSeconds() {
        assertThat(of(taking(500), taking(499, 501))).isEqualTo(new PairedTimes(500, 500, false));
        assertThat(runs).isEqualTo(2 * (WARM_UPS + 10) + 1);
    }

    @Test
    void verySlowModelsRunOnce() {
        assertThat(PairedTimes.of(taking(1_001), taking(900), () -> now)).isEmpty();
        assertThat(runs).isEqualTo(1);
    }

    /** What runs last may find its data in a cache. */
    @Test
    void eachComesFirstAsOften() {
        StringBuilder order = new StringBuilder();
        of(() -> order.append('a'), () -> {
            order.append('b');
            now += MS;
        });
        assertThat(order.substring(1 + 2 * WARM_UPS)).isEqualTo("abbaabbaabbaabbaab");
    }
}
