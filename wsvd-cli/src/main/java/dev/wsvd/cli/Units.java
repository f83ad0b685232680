package dev.wsvd.cli;

import dev.wsvd.domain.ConfidenceInterval;
import dev.wsvd.domain.error.InvalidInputException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.OptionalLong;

/** Numbers for people: three significant digits and a unit. */
final class Units {
    private static final String[] PREFIXES = {"", "k", "M", "G", "T", "P"};

    private Units() {}

    /** Multiply-accumulates: {@code 1.82 GMAC}. */
    static String macs(long macs) {
        return scaled(macs, "MAC");
    }

    /** Weight elements: {@code 12.3 M}. */
    static String count(long count) {
        return scaled(count, "").stripTrailing();
    }

    /** Bytes, in powers of 1000: {@code 46.7 MB}. */
    static String bytes(long bytes) {
        return scaled(bytes, "B");
    }

    /** A share: {@code 49.9 %}. */
    static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    /** A ratio of costs: {@code 0.499}. */
    static String ratio(double ratio) {
        return String.format(Locale.ROOT, "%.3f", ratio);
    }

    /** A score: {@code 0.9061}. */
    static String score(double score) {
        return String.format(Locale.ROOT, "%.4f", score);
    }

    /** A 95 % interval of a score: {@code 0.9250 … 0.9464}. */
    static String interval(ConfidenceInterval interval) {
        return score(interval.low()) + " … " + score(interval.high());
    }

    /** Milliseconds: {@code 0.412 ms}. */
    static String millis(double millis) {
        return significant(millis) + " ms";
    }

    /** A duration: {@code 4.2 s}, {@code 3 min 07 s}. */
    static String seconds(double seconds) {
        if (seconds < 60) {
            return String.format(Locale.ROOT, "%.1f s", seconds);
        }
        long whole = Math.round(seconds);
        return String.format(Locale.ROOT, "%d min %02d s", whole / 60, whole % 60);
    }

    /**
     * A whole number, perhaps with a prefix: {@code 200M}, {@code 1.5G}, {@code 25000}.
     *
     * @param text null for none
     * @throws InvalidInputException if it is no such number, or not above 0
     */
    static OptionalLong parse(String option, String text) {
        if (text == null) {
            return OptionalLong.empty();
        }
        String number = text.strip();
        int power = 0;
        for (int i = 1; i < PREFIXES.length; i++) {
            if (number.endsWith(PREFIXES[i])) {
                power = i;
            }
        }
        try {
            BigDecimal value = new BigDecimal(power == 0 ? number : number.substring(0, number.length() - 1))
                    .movePointRight(3 * power);
            if (value.signum() > 0) {
                return OptionalLong.of(value.setScale(0, RoundingMode.DOWN).longValueExact());
            }
        } catch (ArithmeticException | NumberFormatException e) {
            throw notANumber(option, text, e);
        }
        throw notANumber(option, text, null);
    }

    private static InvalidInputException notANumber(String option, String text, Exception cause) {
        return new InvalidInputException(
                option + " takes a number above 0, such as 200M or 25000, found '" + text + "'.", cause);
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
