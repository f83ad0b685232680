package dev.wsvd.json;

import dev.wsvd.domain.NearNames;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.json.JsonValue.ListValue;
import dev.wsvd.json.JsonValue.LiteralValue;
import dev.wsvd.json.JsonValue.NumberValue;
import dev.wsvd.json.JsonValue.ObjectValue;
import dev.wsvd.json.JsonValue.TextValue;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A value of a file, with the way to it. Every method that reads it refuses what it does not expect, with an
 * {@link InvalidInputException} that names file, line, column and field.
 *
 * @param path such as {@code layers.conv2[0].rank}; empty for the root
 */
record Field(JsonSource source, String path, JsonValue value) {
    static String inside(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    /** This object, refused if it has a field of another name; a mistyped name would otherwise be overlooked. */
    Field allowing(String... names) {
        List<String> allowed = List.of(names);
        object().forEach((name, field) -> {
            if (!allowed.contains(name)) {
                throw source.refusal(
                        field.value.place(),
                        "field '" + field.path + "' is unknown; allowed: " + String.join(", ", allowed) + "."
                                + near(name, allowed));
            }
        });
        return this;
    }

    private static String near(String name, List<String> allowed) {
        return NearNames.of(name, allowed).isEmpty() ? "" : NearNames.hint(name, allowed);
    }

    /** A field of this object. */
    Field required(String name) {
        return optional(name)
                .orElseThrow(() -> source.refusal(value.place(), "field '" + inside(path, name) + "' is missing."));
    }

    /** A field of this object, if it is there. */
    Optional<Field> optional(String name) {
        return Optional.ofNullable(object().get(name));
    }

    /** The fields of this object, in the file's order. */
    Map<String, Field> object() {
        if (!(value instanceof ObjectValue object)) {
            throw refusal("must be an object");
        }
        Map<String, Field> fields = new LinkedHashMap<>();
        object.fields().forEach((name, field) -> fields.put(name, new Field(source, inside(path, name), field)));
        return fields;
    }

    /** The items of this list. */
    List<Field> items() {
        if (!(value instanceof ListValue list)) {
            throw refusal("must be a list");
        }
        List<Field> items = new ArrayList<>();
        for (JsonValue item : list.items()) {
            items.add(new Field(source, path + "[" + items.size() + "]", item));
        }
        return items;
    }

    /** This text. */
    String text() {
        if (!(value instanceof TextValue text)) {
            throw refusal("must be a text");
        }
        return text.text();
    }

    /** This text, which must name something. */
    String name() {
        if (!(value instanceof TextValue text) || text.text().isBlank()) {
            throw refusal("must be a text that is not blank");
        }
        return text.text();
    }

    /** This text, which must be one of a few. */
    String oneOf(List<String> allowed) {
        if (!(value instanceof TextValue text) || !allowed.contains(text.text())) {
            throw refusal("must be " + allowed.stream().map(JsonText::quoted).collect(Collectors.joining(" or ")));
        }
        return text.text();
    }

    /** This {@code true} or {@code false}. */
    boolean yesOrNo() {
        if (!(value instanceof LiteralValue literal) || literal.literal().equals("null")) {
            throw refusal("must be true or false");
        }
        return literal.literal().equals("true");
    }

    /** This whole number of 1 … 2³¹−1. */
    int positiveInt() {
        return (int) positive(Integer.MAX_VALUE);
    }

    /** This whole number of 1 … 2⁶³−1. */
    long positiveLong() {
        return positive(Long.MAX_VALUE);
    }

    private long positive(long atMost) {
        if (!(value instanceof NumberValue number) || !number.whole()) {
            throw refusal("must be a whole number of at least 1");
        }
        BigInteger found = new BigInteger(number.literal());
        if (found.signum() < 1) {
            throw refusal("must be a whole number of at least 1");
        }
        if (found.compareTo(BigInteger.valueOf(atMost)) > 0) {
            throw refusal("must be a whole number of at most " + atMost);
        }
        return found.longValueExact();
    }

    /** This finite number. */
    double number() {
        if (value instanceof NumberValue number) {
            double found = Double.parseDouble(number.literal());
            if (Double.isFinite(found)) {
                return found;
            }
        }
        throw refusal("must be a finite number");
    }

    /** A refusal of this value, saying what it must be and what it is. */
    InvalidInputException refusal(String mustBe) {
        return source.refusal(value.place(), named() + " " + mustBe + ", found " + value.shown() + ".");
    }

    /** How a message names this field. */
    String named() {
        return path.isEmpty() ? "the whole file" : "field '" + path + "'";
    }
}
