package dev.wsvd.pipeline;

import dev.wsvd.domain.score.ConfidenceInterval;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * How long one thing takes beside another. Both are done in turn, so that drift of the machine hits both alike; the ratio is the median
 * of the pairs' ratios, and its interval that of order statistics: it needs no assumption but that pairs are alike.
 *
 * @param firstNs median of the first
 * @param secondNs median of the second
 * @param ratio second / first
 * @param interval 95 % interval of the ratio
 */
record PairedRatio(double firstNs, double secondNs, double ratio, ConfidenceInterval interval) {
    private static final int WARM_UPS = 2;
    /** The fewest whose smallest and largest ratio are a 95 % interval. */
    private static final int FEWEST = 6;

    private static final int MOST = 200;
    private static final double DEVIATIONS = 1.96;
    private static final int FEWEST_CLEAR = 10;
    private static final double CLEAR = 3;

    /**
     * Does both in turn until the interval is no wider than asked for, at least {@value #FEWEST} times each, and no longer than some time
     * if that is enough for these.
     *
     * @param first tells how long it took in ns
     * @param second the same
     * @param width of the interval, relative to the ratio, that is enough
     * @param longestNs how long to go on
     */
    static PairedRatio of(LongSupplier first, LongSupplier second, double width, long longestNs) {
        return of(first, second, longestNs, FEWEST, ratios -> {
            ConfidenceInterval interval = interval(ratios, DEVIATIONS);
            return interval.halfWidth() * 2 <= width * median(ratios);
        });
    }

    /**
     * The same until it is clear which is faster: as that is looked at after every pair, by three standard deviations.
     *
     * @return with that wider interval
     */
    static PairedRatio faster(LongSupplier first, LongSupplier second, long longestNs) {
        return of(first, second, longestNs, FEWEST_CLEAR, ratios -> {
            ConfidenceInterval interval = interval(ratios, CLEAR);
            return interval.high() < 1 || interval.low() > 1;
        });
    }

    private static PairedRatio of(
            LongSupplier first, LongSupplier second, long longestNs, int fewest, Predicate<List<Double>> enough) {
        for (int i = 0; i < WARM_UPS; i++) {
            first.getAsLong();
            second.getAsLong();
        }
        List<Double> firsts = new ArrayList<>();
        List<Double> seconds = new ArrayList<>();
        List<Double> ratios = new ArrayList<>();
        double spent = 0;
        while (ratios.size() < fewest || ratios.size() < MOST && spent < longestNs && !enough.test(ratios)) {
            // Each comes first as often as the other: what runs last leaves the caches behind.
            boolean inOrder = ratios.size() % 2 == 0;
            long one = (inOrder ? first : second).getAsLong();
            long other = (inOrder ? second : first).getAsLong();
            firsts.add((double) (inOrder ? one : other));
            seconds.add((double) (inOrder ? other : one));
            ratios.add(seconds.get(seconds.size() - 1) / firsts.get(firsts.size() - 1));
            spent += one + other;
        }
        return new PairedRatio(
                median(firsts),
                median(seconds),
                median(ratios),
                interval(ratios, fewest == FEWEST ? DEVIATIONS : CLEAR));
    }

    /** The order statistics that the median lies between, by the normal approximation of the binomial distribution. */
    static ConfidenceInterval interval(List<Double> values, double deviations) {
        List<Double> sorted = values.stream().sorted().toList();
        int n = sorted.size();
        int below = (int) Math.floor((n - deviations * Math.sqrt(n)) / 2);
        int from = Math.max(0, Math.min(below, (n - 1) / 2));
        return new ConfidenceInterval(sorted.get(from), sorted.get(n - 1 - from));
    }

    static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
