package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * A way to choose ranks, as it is said on the command line.
 *
 * @param argument what stands behind {@code =}
 */
record Selection(Kind kind, Optional<String> argument) {
    /** Ways to choose ranks that have a name on the command line. */
    enum Kind {
        GREEDY,
        TAR,
        BUDGET,
        MANUAL,
        EVBMF,
        ENERGY;

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** A selection that takes no argument. */
    static Selection of(Kind kind) {
        return new Selection(kind, Optional.empty());
    }

    /** @throws InvalidInputException if a text names no selection */
    static Selection parse(String text) {
        String[] parts = text.split("=", 2);
        Selection selection = Arrays.stream(Kind.values())
                .filter(kind -> kind.text().equals(parts[0]))
                .map(kind -> new Selection(kind, parts.length == 1 ? Optional.empty() : Optional.of(parts[1])))
                .findFirst()
                .orElseThrow(() -> unknown(text));
        if (selection.argument.isPresent() != (selection.kind == Kind.ENERGY)) {
            throw unknown(text);
        }
        return selection;
    }

    /**
     * The share of its energy that each layer keeps.
     *
     * @throws InvalidInputException if it is no number
     */
    double energy() {
        try {
            return Double.parseDouble(argument.orElseThrow());
        } catch (NumberFormatException e) {
            throw unknown(toString());
        }
    }

    private static InvalidInputException unknown(String text) {
        return new InvalidInputException("--select " + text
                + ": expected greedy, tar, budget, manual, evbmf or energy=SHARE, such as energy=0.95.");
    }

    @Override
    public String toString() {
        return kind.text() + argument.map(value -> "=" + value).orElse("");
    }
}
