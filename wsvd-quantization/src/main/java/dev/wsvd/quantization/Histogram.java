package dev.wsvd.quantization;

import dev.wsvd.domain.quantization.Encoding;

/** How often numbers of a tensor lie where, between the least and the largest. */
final class Histogram {
    private static final int BINS = 2048;
    private static final double KEPT = 0.9999;
    private static final int TRIED = 40;
    private static final double NARROWEST = 0.2;

    private final double min;
    private final double width;
    private final long[] counts = new long[BINS];

    Histogram(double min, double max) {
        this.min = min;
        this.width = Math.max((max - min) / BINS, Double.MIN_NORMAL);
    }

    void add(double x) {
        counts[(int) Math.max(0, Math.min(BINS - 1, (x - min) / width))]++;
    }

    private double middle(int bin) {
        return min + (bin + 0.5) * width;
    }

    /** What holds {@value #KEPT} of the numbers, as much of the rest below it as above. */
    Encoding percentile() {
        long all = 0;
        for (long count : counts) {
            all += count;
        }
        double cut = all * (1 - KEPT) / 2;
        int low = 0;
        for (double below = counts[0]; low < BINS - 1 && below <= cut; below += counts[low]) {
            low++;
        }
        int high = BINS - 1;
        for (double above = counts[BINS - 1]; high > low && above <= cut; above += counts[high]) {
            high--;
        }
        return Encoding.of(min + low * width, min + (high + 1) * width);
    }

    /** Of ranges around zero from the whole down, the one in which numbers are rounded and clipped with the least squared error. */
    Encoding leastError() {
        double max = min + BINS * width;
        Encoding best = null;
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i <= TRIED; i++) {
            double share = 1 - (1 - NARROWEST) * i / TRIED;
            Encoding tried = Encoding.of(share * min, share * max);
            double error = error(tried);
            if (error < least) {
                least = error;
                best = tried;
            }
        }
        return best;
    }

    private double error(Encoding encoding) {
        double sum = 0;
        for (int bin = 0; bin < BINS; bin++) {
            if (counts[bin] > 0) {
                double off = middle(bin) - encoding.rounded(middle(bin));
                sum += counts[bin] * off * off;
            }
        }
        return sum;
    }
}
