package dev.wsvd.domain.error;

/**
 * Text from files, made fit to be shown. Names in a model may hold anything: escape sequences that clear the screen, line breaks
 * that fake another message, marks that turn the writing direction, a megabyte of letters. What would act on a terminal is shown
 * as an escape of JSON and Java, such as {@code \u001b}; letters of all scripts stay as they are.
 */
public final class Printable {
    /** Longer than any file name or layer name of a framework. */
    private static final int LONGEST_NAME = 255;

    /** A name with what a sentence puts around it. */
    private static final int LONGEST_WORD = 400;

    private static final int LONGEST_TEXT = 2000;
    /** Of what is cut, the end is shown too. */
    private static final int END = 20;

    private Printable() {}

    /** The text with everything escaped that is no visible character or blank. */
    public static String escaped(String text) {
        if (text.codePoints().noneMatch(Printable::isActive)) {
            return text;
        }
        StringBuilder out = new StringBuilder();
        text.codePoints().forEach(c -> append(out, c));
        return out.toString();
    }

    /** A name on one line: escaped, and cut where it is longer than names are. */
    public static String name(String name) {
        return cutAndEscaped(name, LONGEST_NAME);
    }

    /** A message on one line: escaped, what is not parted by blanks or slashes cut like names, the whole cut as well. */
    public static String message(String text) {
        StringBuilder out = new StringBuilder();
        for (int from = 0; from < text.length() && out.length() <= LONGEST_TEXT; ) {
            int to = from;
            while (to < text.length() && !isBorder(text.charAt(to))) {
                to++;
            }
            out.append(cutAndEscaped(text.substring(from, to), LONGEST_WORD));
            if (to < text.length()) {
                out.append(escaped(text.substring(to, to + 1)));
            }
            from = to + 1;
        }
        return cut(out.toString(), LONGEST_TEXT);
    }

    private static boolean isBorder(char c) {
        return c == ' ' || c == '/' || c == '\\';
    }

    private static String cutAndEscaped(String text, int longest) {
        return cut(escaped(cut(text, longest)), longest);
    }

    private static String cut(String text, int longest) {
        if (text.length() <= longest) {
            return text;
        }
        int begin = longest - END - 1;
        int end = text.length() - END;
        // No half characters.
        begin -= Character.isHighSurrogate(text.charAt(begin - 1)) ? 1 : 0;
        end += Character.isLowSurrogate(text.charAt(end)) ? 1 : 0;
        return text.substring(0, begin) + "…" + text.substring(end);
    }

    private static void append(StringBuilder out, int codePoint) {
        if (isActive(codePoint)) {
            for (char unit : Character.toChars(codePoint)) {
                out.append(String.format("\\u%04x", (int) unit));
            }
        } else {
            out.appendCodePoint(codePoint);
        }
    }

    private static boolean isActive(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> true;
            default -> false;
        };
    }
}
