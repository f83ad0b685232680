package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import java.math.BigDecimal;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Options that take a time, such as {@code 5ms}. */
final class TimeOption {
    private static final Pattern TIME = Pattern.compile("([0-9]+(?:\\.[0-9]+)?)(ns|us|ms|s)");

    private TimeOption() {}

    /**
     * A time in ns.
     *
     * @param text null for none
     * @throws InvalidInputException if it is no time of at least 1 ns and at most an hour
     */
    static OptionalLong parse(String option, String text) {
        if (text == null) {
            return OptionalLong.empty();
        }
        Matcher time = TIME.matcher(text.strip());
        if (time.matches()) {
            BigDecimal ns = new BigDecimal(time.group(1)).multiply(BigDecimal.valueOf(nanos(time.group(2))));
            if (ns.compareTo(BigDecimal.ONE) >= 0 && ns.compareTo(BigDecimal.valueOf(3600 * nanos("s"))) <= 0) {
                return OptionalLong.of(ns.longValue());
            }
        }
        throw new InvalidInputException(option
                + " takes a time with its unit, such as 5ms, 0.8ms or 800us, at most an hour; found '" + text + "'.");
    }

    private static long nanos(String unit) {
        return switch (unit) {
            case "ns" -> 1;
            case "us" -> 1_000;
            case "ms" -> 1_000_000;
            default -> 1_000_000_000;
        };
    }
}
