package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.OptionalLong;

/** Values of options that are large numbers. */
final class NumberOption {
    /** Each stands for a power of 1000, the first for 1000. */
    private static final String PREFIXES = "kMGTP";

    private NumberOption() {}

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
        int power = number.isEmpty() ? 0 : 1 + PREFIXES.indexOf(number.charAt(number.length() - 1));
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
}
