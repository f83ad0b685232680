package dev.wsvd.testkit;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.wsvd.domain.error.WsvdException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.function.Executable;

/** How a format says no: by a kind of {@link WsvdException}, in a sentence for people that names what it is about. */
final class Refusals {
    /** What the JVM says of its own accord, and nobody else understands. */
    private static final Pattern RAW =
            Pattern.compile("\\bnull\\b|\\w+Exception\\b|\\bout of bounds\\b|\\bFor input string\\b"
                    + "|\\bCannot (invoke|read (field|the array)|load from|store to|assign field|throw|enter)\\b"
                    + "|\\bcannot be cast\\b|\\bjava(x)?\\.\\w|@[0-9a-f]{6,8}\\b");

    private Refusals() {}

    /**
     * Asserts that a call is refused.
     *
     * @param call what is tried, for messages, such as {@code opening '/tmp/x'}
     * @param named what the message names
     */
    static <E extends WsvdException> E assertRefused(
            Class<E> kind, String call, Executable executable, String... named) {
        E refusal = assertThrows(kind, executable, () -> "The format does not refuse " + call + " as it should.");
        assertSentence(call, refusal, named);
        return refusal;
    }

    /** Asserts that a call is refused if it fails at all. */
    static Optional<WsvdException> refusal(String call, Executable executable) {
        try {
            executable.execute();
            return Optional.empty();
        } catch (WsvdException e) {
            assertSentence(call, e);
            return Optional.of(e);
        } catch (Throwable e) {
            return fail(
                    "The format does not refuse " + call + " by a WsvdException with a sentence, but fails with " + e,
                    e);
        }
    }

    private static void assertSentence(String call, WsvdException refusal, String... named) {
        String message = String.valueOf(refusal.getMessage());
        String found = "The message when " + call + " is: " + message + "\n";
        Matcher raw = RAW.matcher(message);
        assertFalse(raw.find(), () -> found + "It should be a sentence for people, without '" + raw.group() + "'.");
        assertTrue(
                message.matches("(?s).*\\w.*[.)]"),
                () -> found + "It should be a sentence that ends with a full stop.");
        for (String name : named) {
            assertTrue(message.contains(name), () -> found + "It should name '" + name + "'.");
        }
    }

    static String capitalized(String text) {
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }
}
