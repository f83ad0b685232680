package dev.wsvd.evaluation;

import dev.wsvd.domain.error.InvalidInputException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The Python dict that a {@code .npy} header is: texts, whole numbers, True, False, tuples and lists. */
final class PythonLiteral {
    private static final int DEEPEST = 8;

    private final String text;
    private final String where;
    private int at;

    private PythonLiteral(String text, String where) {
        this.text = text;
        this.where = where;
    }

    /**
     * The dict of a text: String, Long, Boolean and List values.
     *
     * @throws InvalidInputException if the text is no such dict
     */
    static Map<String, Object> dict(String text, String where) {
        PythonLiteral literal = new PythonLiteral(text, where);
        Map<String, Object> fields = new LinkedHashMap<>();
        literal.expect('{');
        while (literal.peek() != '}') {
            String name = literal.quoted();
            literal.expect(':');
            if (fields.put(name, literal.value(0)) != null) {
                throw malformed(where);
            }
            literal.comma('}');
        }
        literal.expect('}');
        if (literal.peek() != 0) {
            throw malformed(where);
        }
        return fields;
    }

    static InvalidInputException malformed(String where) {
        return new InvalidInputException(where + " is damaged: its header is not one that NumPy writes.");
    }

    private Object value(int depth) {
        if (depth > DEEPEST) {
            throw malformed(where);
        }
        char next = peek();
        if (next == '\'' || next == '"') {
            return quoted();
        }
        if (next == '(') {
            return sequence(')', depth);
        }
        if (next == '[') {
            return sequence(']', depth);
        }
        return word();
    }

    private List<Object> sequence(char end, int depth) {
        at++;
        List<Object> items = new ArrayList<>();
        while (peek() != end) {
            items.add(value(depth + 1));
            comma(end);
        }
        at++;
        return items;
    }

    private String quoted() {
        char quote = peek();
        int end = quote == '\'' || quote == '"' ? text.indexOf(quote, at + 1) : -1;
        if (end < 0 || text.substring(at, end).indexOf('\\') >= 0) {
            throw malformed(where);
        }
        String quoted = text.substring(at + 1, end);
        at = end + 1;
        return quoted;
    }

    private Object word() {
        int from = at;
        while (at < text.length() && (Character.isLetterOrDigit(text.charAt(at)) || text.charAt(at) == '-')) {
            at++;
        }
        String word = text.substring(from, at);
        if (word.equals("True") || word.equals("False")) {
            return word.equals("True");
        }
        // Python 2 wrote long integers with an L.
        String digits = word.endsWith("L") ? word.substring(0, word.length() - 1) : word;
        try {
            return Long.valueOf(digits);
        } catch (NumberFormatException e) {
            throw malformed(where);
        }
    }

    private void comma(char end) {
        if (peek() != end) {
            expect(',');
        }
    }

    private void expect(char c) {
        if (peek() != c) {
            throw malformed(where);
        }
        at++;
    }

    /** The next character that is not white space, 0 at the end. */
    private char peek() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return at < text.length() ? text.charAt(at) : 0;
    }
}
