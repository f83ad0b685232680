package dev.wsvd.json;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.core.io.NumberOutput;
import dev.wsvd.domain.error.InvalidInputException;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Maps, lists, texts and numbers as JSON text, the same bytes every time: keys in the map's order, two spaces per level, a
 * list or object without objects in it on one line, a newline at the end. Numbers have the fewest digits that
 * read back as the same double, on every Java version.
 */
final class JsonText {
    private static final int SHOWN = 40;

    private final StringBuilder out = new StringBuilder();

    private JsonText() {}

    /**
     * The text of an object.
     *
     * @throws InvalidInputException if it holds a number that is not finite; the message names its field
     */
    static String of(Map<String, ?> root) {
        JsonText text = new JsonText();
        text.expanded(root.entrySet(), '{', '}', "", "");
        return text.out.append('\n').toString();
    }

    static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        JsonStringEncoder.getInstance().quoteAsString(text, quoted);
        return quoted.append('"').toString();
    }

    /** At most as much of a text as a message should hold. */
    static String shortened(String text) {
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
    }

    private void value(Object value, String indent, String path) {
        Optional<String> line = oneLine(value, path);
        if (line.isPresent()) {
            out.append(line.get());
        } else if (value instanceof Map<?, ?> map) {
            expanded(map.entrySet(), '{', '}', indent, path);
        } else {
            expanded((List<?>) value, '[', ']', indent, path);
        }
    }

    private void expanded(Collection<?> members, char open, char close, String indent, String path) {
        out.append(open);
        String inner = indent + "  ";
        int index = 0;
        for (Iterator<?> each = members.iterator(); each.hasNext(); index++) {
            Object member = each.next();
            out.append('\n').append(inner);
            if (member instanceof Map.Entry<?, ?> field) {
                String name = (String) field.getKey();
                out.append(quoted(name)).append(": ");
                value(field.getValue(), inner, inside(path, name));
            } else {
                value(member, inner, path + "[" + index + "]");
            }
            out.append(each.hasNext() ? "," : "\n" + indent);
        }
        out.append(close);
    }

    /** A value on one line, unless there are objects in it. */
    private static Optional<String> oneLine(Object value, String path) {
        if (value instanceof Map<?, ?> map) {
            return line(map.entrySet(), "{ ", " }", "{}", path);
        }
        if (value instanceof List<?> list) {
            return line(list, "[", "]", "[]", path);
        }
        return Optional.of(scalar(value, path));
    }

    private static Optional<String> line(Collection<?> members, String open, String close, String empty, String path) {
        if (members.isEmpty()) {
            return Optional.of(empty);
        }
        StringBuilder line = new StringBuilder();
        int index = 0;
        for (Object member : members) {
            boolean field = member instanceof Map.Entry<?, ?>;
            Object value = field ? ((Map.Entry<?, ?>) member).getValue() : member;
            String name = field ? (String) ((Map.Entry<?, ?>) member).getKey() : "";
            if (value instanceof Map<?, ?>) {
                return Optional.empty();
            }
            Optional<String> text = oneLine(value, field ? inside(path, name) : path + "[" + index + "]");
            if (text.isEmpty()) {
                return Optional.empty();
            }
            line.append(index++ == 0 ? open : ", ")
                    .append(field ? quoted(name) + ": " : "")
                    .append(text.get());
        }
        return Optional.of(line.append(close).toString());
    }

    private static String scalar(Object value, String path) {
        if (value instanceof Double number) {
            if (!Double.isFinite(number)) {
                throw new InvalidInputException(
                        "Field '" + path + "' is " + number + ", which JSON cannot hold; only finite numbers can.");
            }
            return NumberOutput.toString(number, true);
        }
        return value instanceof String text ? quoted(text) : String.valueOf(value);
    }

    private static String inside(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }
}
