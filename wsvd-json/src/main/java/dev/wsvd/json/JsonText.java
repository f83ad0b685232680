package dev.wsvd.json;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.core.io.NumberOutput;
import com.fasterxml.jackson.databind.JsonNode;
import dev.wsvd.domain.error.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * Records as JSON text, the same bytes every time: fields in the record's order, two spaces per level, a list or object without
 * objects in it on one line, a newline at the end. Numbers have the fewest digits that read back as the same double, on every
 * Java version.
 */
final class JsonText {
    private static final int SHOWN = 40;

    private JsonText() {}

    /**
     * The text of an object.
     *
     * @throws InvalidInputException if it holds a number that is not finite; the message names its field
     */
    static String of(Object content) {
        JsonNode root = JsonBinding.MAPPER.valueToTree(content);
        return expanded(root, "", JsonPath.to()) + "\n";
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

    static String mustBeOneOf(List<String> allowed) {
        return "must be " + allowed.stream().map(JsonText::quoted).collect(Collectors.joining(" or "));
    }

    private static String value(JsonNode node, String indent, JsonPath path) {
        return holdsObjects(node) ? expanded(node, indent, path) : line(node, path);
    }

    private static boolean holdsObjects(JsonNode node) {
        return StreamSupport.stream(node.spliterator(), false).anyMatch(n -> n.isObject() || holdsObjects(n));
    }

    private static String expanded(JsonNode node, String indent, JsonPath path) {
        String inner = indent + "  ";
        List<String> members = new ArrayList<>();
        if (node.isObject()) {
            node.properties()
                    .forEach(field -> members.add(
                            quoted(field.getKey()) + ": " + value(field.getValue(), inner, path.then(field.getKey()))));
        } else {
            for (JsonNode item : node) {
                members.add(value(item, inner, path.then(members.size())));
            }
        }
        String between = ",\n" + inner;
        return members.stream()
                .collect(Collectors.joining(
                        between,
                        (node.isObject() ? "{\n" : "[\n") + inner,
                        "\n" + indent + (node.isObject() ? "}" : "]")));
    }

    private static String line(JsonNode node, JsonPath path) {
        if (node.isObject()) {
            List<String> fields = new ArrayList<>();
            for (Map.Entry<String, JsonNode> field : node.properties()) {
                fields.add(quoted(field.getKey()) + ": " + line(field.getValue(), path.then(field.getKey())));
            }
            return fields.isEmpty() ? "{}" : "{ " + String.join(", ", fields) + " }";
        }
        if (node.isArray()) {
            List<String> items = new ArrayList<>();
            for (JsonNode item : node) {
                items.add(line(item, path.then(items.size())));
            }
            return "[" + String.join(", ", items) + "]";
        }
        return scalar(node, path);
    }

    private static String scalar(JsonNode node, JsonPath path) {
        if (node.isTextual()) {
            return quoted(node.textValue());
        }
        if (!node.isDouble()) {
            return node.asText();
        }
        if (!Double.isFinite(node.doubleValue())) {
            throw new InvalidInputException(
                    "Field '" + path + "' is " + node.asText() + ", which JSON cannot hold; only finite numbers can.");
        }
        return NumberOutput.toString(node.doubleValue(), true);
    }
}
