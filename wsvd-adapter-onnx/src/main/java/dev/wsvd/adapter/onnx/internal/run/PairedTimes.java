package dev.wsvd.adapter.onnx.internal.run;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Wall times of two things done in turn, so that drift of the machine hits both alike, until it is clear which is faster: by the sign
 * test, when one was in so many more than half of the pairs that it is three standard deviations of chance. As that is looked at after
 * every pair, of two that take the same time the second is called faster once in about eighty times.
 *
 * @param firstMs median in ms
 * @param secondMs median in ms
 * @param isSecondFaster whether the second is clearly faster
 */
public record PairedTimes(double firstMs, double secondMs, boolean isSecondFaster) {
    private static final int WARM_UPS = 3;
    /** As few as can be clear. */
    private static final int FEWEST = 9;

    private static final int MOST = 100;
    private static final double DEVIATIONS = 3;
    private static final long ENOUGH = Duration.ofSeconds(10).toNanos();
    private static final long TOO_SLOW = Duration.ofSeconds(1).toNanos();
    private static final double NANOS_PER_MS = 1e6;

    /**
     * Does both in turn, at least nine times each, and at most a hundred times or until ten seconds have passed.
     *
     * @return empty if the first takes longer than a second, as nine of both would take too long
     */
    public static Optional<PairedTimes> of(Runnable first, Runnable second) {
        return of(first, second, System::nanoTime);
    }

    static Optional<PairedTimes> of(Runnable first, Runnable second, LongSupplier nanos) {
        if (time(first, nanos) > TOO_SLOW) {
            return Optional.empty();
        }
        for (int i = 0; i < WARM_UPS; i++) {
            first.run();
            second.run();
        }
        List<Long> firsts = new ArrayList<>();
        List<Long> seconds = new ArrayList<>();
        long start = nanos.getAsLong();
        int ahead = 0;
        while (firsts.size() < FEWEST
                || Math.abs(ahead) < DEVIATIONS * Math.sqrt(firsts.size())
                        && firsts.size() < MOST
                        && nanos.getAsLong() - start < ENOUGH) {
            // Each comes first as often as the other: what runs last leaves the caches behind.
            boolean inOrder = firsts.size() % 2 == 0;
            long one = time(inOrder ? first : second, nanos);
            long other = time(inOrder ? second : first, nanos);
            firsts.add(inOrder ? one : other);
            seconds.add(inOrder ? other : one);
            ahead += Long.signum(firsts.get(firsts.size() - 1) - seconds.get(seconds.size() - 1));
        }
        boolean isSecondFaster = ahead >= DEVIATIONS * Math.sqrt(firsts.size());
        return Optional.of(new PairedTimes(median(firsts), median(seconds), isSecondFaster));
    }

    private static long time(Runnable run, LongSupplier nanos) {
        long start = nanos.getAsLong();
        run.run();
        return nanos.getAsLong() - start;
    }

    private static double median(List<Long> times) {
        List<Long> sorted = times.stream().sorted().toList();
        int middle = sorted.size() / 2;
        long twice = sorted.size() % 2 == 1 ? 2 * sorted.get(middle) : sorted.get(middle - 1) + sorted.get(middle);
        return twice / 2 / NANOS_PER_MS;
    }
}
