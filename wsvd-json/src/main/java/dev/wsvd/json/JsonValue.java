package dev.wsvd.json;

import java.util.List;
import java.util.Map;

/** A JSON value that remembers where it stands, so that a refusal can point at it. */
sealed interface JsonValue {
    /** Where the value begins. */
    Place place();

    /** How a message shows the value. */
    String shown();

    /**
     * A place in a text.
     *
     * @param line from 1
     * @param column in characters, from 1
     */
    record Place(int line, int column) {}

    /** @param fields in the text's order */
    record ObjectValue(Place place, Map<String, JsonValue> fields) implements JsonValue {
        @Override
        public String shown() {
            return "an object";
        }
    }

    record ListValue(Place place, List<JsonValue> items) implements JsonValue {
        @Override
        public String shown() {
            return "a list";
        }
    }

    record TextValue(Place place, String text) implements JsonValue {
        @Override
        public String shown() {
            return JsonText.quoted(JsonText.shortened(text));
        }
    }

    /**
     * @param literal the number as written
     * @param whole whether it is written without fraction and exponent
     */
    record NumberValue(Place place, String literal, boolean whole) implements JsonValue {
        @Override
        public String shown() {
            return JsonText.shortened(literal);
        }
    }

    /** @param literal {@code true}, {@code false} or {@code null} */
    record LiteralValue(Place place, String literal) implements JsonValue {
        @Override
        public String shown() {
            return literal;
        }
    }
}
