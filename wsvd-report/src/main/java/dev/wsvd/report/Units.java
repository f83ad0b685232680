package dev.wsvd.report;

import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.score.ConfidenceInterval;
import java.util.Locale;

/** Numbers for display: costs and sizes with three significant digits and a unit, in powers of 1000. */
public final class Units {
    private static final String[] PREFIXES = {"", "k", "M", "G", "T", "P"};

    private Units() {}

    /** An amount of a metric: {@code 1.82 GMAC}, {@code 12.3 M} weight elements, {@code 46.7 MB}, {@code 1.20 k joules}. */
    public static String cost(Metric metric, long amount) {
        if (metric.equals(Metric.MAC)) {
            return scaled(amount, "MAC");
        }
        if (metric.equals(Metric.MEMORY)) {
            return count(amount);
        }
        if (metric.equals(Metric.LATENCY)) {
            return millis(amount / 1e6);
        }
        return metric.equals(Metric.BYTES) ? bytes(amount) : count(amount) + " " + metric.unit();
    }

    /** A number without a unit: {@code 12.3 M}. */
    public static String count(long count) {
        return scaled(count, "").stripTrailing();
    }

    /** Bytes: {@code 46.7 MB}. */
    public static String bytes(long bytes) {
        return scaled(bytes, "B");
    }

    /** A share: {@code 49.9 %}. */
    public static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    /** A ratio of costs: {@code 0.499}; {@code -} to a cost of nothing. */
    public static String ratio(double ratio) {
        return Double.isInfinite(ratio) ? "-" : String.format(Locale.ROOT, "%.3f", ratio);
    }

    /** A score: {@code 0.9061}. */
    public static String score(double score) {
        return String.format(Locale.ROOT, "%.4f", score);
    }

    /** A 95 % interval of a score: {@code 0.9250 … 0.9464}. */
    public static String interval(ConfidenceInterval interval) {
        return score(interval.low()) + " … " + score(interval.high());
    }

    /** Milliseconds: {@code 0.412 ms}. */
    public static String millis(double millis) {
        return significant(millis) + " ms";
    }

    /** A duration: {@code 4.2 s}, {@code 3 min 07 s}. */
    public static String seconds(double seconds) {
        if (seconds < 60) {
            return String.format(Locale.ROOT, "%.1f s", seconds);
        }
        return wholeSeconds(Math.round(seconds));
    }

    /** A duration that is known about: {@code 4 s}, {@code 3 min 07 s}, {@code 2 h 05 min}. */
    public static String wholeSeconds(long seconds) {
        if (seconds < 60) {
            return seconds + " s";
        }
        return seconds < 3600
                ? String.format(Locale.ROOT, "%d min %02d s", seconds / 60, seconds % 60)
                : String.format(Locale.ROOT, "%d h %02d min", seconds / 3600, seconds / 60 % 60);
    }

    private static String scaled(long value, String unit) {
        int prefix = 0;
        double scaled = value;
        while (scaled >= 999.5 && prefix < PREFIXES.length - 1) {
            scaled /= 1000;
            prefix++;
        }
        return (prefix == 0 ? String.valueOf(value) : significant(scaled)) + " " + PREFIXES[prefix] + unit;
    }

    private static String significant(double value) {
        int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : value >= 0.9995 ? 2 : 3;
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }
}
