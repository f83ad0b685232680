package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.domain.score.ConfidenceInterval;
import java.util.List;
import java.util.Random;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PairedRatioTest {
    private static final long LONG = Long.MAX_VALUE;

    private int calls;

    private LongSupplier noisy(double ns, double noise, int seed) {
        Random random = new Random(seed);
        return () -> {
            calls++;
            return Math.round(ns * (1 + noise * random.nextGaussian()));
        };
    }

    @Test
    void driftOfTheMachineHitsBothAlike() {
        int[] runs = {0};
        LongSupplier first = () -> 1000 + 10L * runs[0]++;
        LongSupplier second = () -> (1000 + 10L * runs[0]++) / 2;

        PairedRatio ratio = PairedRatio.of(first, second, 0.001, 1_000_000);

        assertThat(ratio.ratio()).isCloseTo(0.5, within(0.01));
    }

    @Test
    void theIntervalHoldsTheRatioAndIsAsNarrowAsAskedFor() {
        int held = 0;
        for (int seed = 0; seed < 100; seed++) {
            PairedRatio ratio = PairedRatio.of(noisy(1e6, 0.03, seed), noisy(0.7e6, 0.03, 1000 + seed), 0.03, LONG);
            ConfidenceInterval interval = ratio.interval();
            held += interval.low() <= 0.7 && interval.high() >= 0.7 ? 1 : 0;
            assertThat(interval.halfWidth() * 2).isLessThanOrEqualTo(0.03 * ratio.ratio());
            assertThat(ratio.ratio()).isBetween(interval.low(), interval.high());
        }
        assertThat(held).isGreaterThanOrEqualTo(75);
    }

    @Test
    void quietTimesTakeFewRuns() {
        PairedRatio.of(noisy(1e6, 0, 1), noisy(5e5, 0, 2), 0.01, LONG);

        assertThat(calls).isEqualTo(2 * (2 + 6));
    }

    @Test
    void noisyTimesEndWithTheTimeThereIs() {
        PairedRatio.of(noisy(1e6, 0.5, 1), noisy(1e6, 0.5, 2), 0.0001, 50_000_000);

        assertThat(calls).isBetween(2 * 12, 2 * 40);
    }

    @Test
    void whatIsClearlyFasterIsSoonKnown() {
        PairedRatio ratio = PairedRatio.faster(noisy(1e6, 0.1, 1), noisy(5e5, 0.1, 2), LONG);

        assertThat(ratio.interval().high()).isLessThan(1);
        assertThat(calls).isLessThan(2 * 20);
    }

    @Test
    void orderStatisticsAreTheInterval() {
        List<Double> values =
                IntStream.rangeClosed(1, 6).mapToObj(i -> (double) i).toList();

        assertThat(PairedRatio.interval(values, 1.96)).isEqualTo(new ConfidenceInterval(1, 6));
        assertThat(PairedRatio.median(values)).isEqualTo(3.5);
        assertThat(PairedRatio.interval(
                        IntStream.rangeClosed(1, 100).mapToObj(i -> (double) i).toList(), 1.96))
                .isEqualTo(new ConfidenceInterval(41, 60));
    }
}
