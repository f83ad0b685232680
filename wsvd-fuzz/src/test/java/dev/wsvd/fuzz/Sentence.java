package dev.wsvd.fuzz;

import dev.wsvd.domain.error.WsvdException;
import java.util.Optional;
import java.util.function.Supplier;

/** What every reader owes to bytes that it cannot use: a refusal of a few lines that can be printed as it is. */
final class Sentence {
    private static final int LONGEST = 2_000;

    private Sentence() {}

    /**
     * What was read, or nothing if it was refused in a sentence. Everything else, of which a raw exception is the most common,
     * goes through and is a finding.
     */
    static <T> Optional<T> orResult(Supplier<T> reading) {
        try {
            return Optional.of(reading.get());
        } catch (WsvdException refusal) {
            check(refusal);
            return Optional.empty();
        }
    }

    private static void check(WsvdException refusal) {
        String text = refusal.getMessage();
        if (text == null || text.isBlank() || text.length() > LONGEST) {
            throw new AssertionError("Not a sentence: " + text, refusal);
        }
        if (text.codePoints().anyMatch(Sentence::unprintable)) {
            throw new AssertionError("Cannot be printed as it is: " + text, refusal);
        }
    }

    private static boolean unprintable(int codePoint) {
        int type = Character.getType(codePoint);
        return codePoint != '\n'
                && (type == Character.CONTROL
                        || type == Character.FORMAT
                        || type == Character.SURROGATE
                        || type == Character.LINE_SEPARATOR
                        || type == Character.PARAGRAPH_SEPARATOR);
    }
}
