package dev.wsvd.json;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;

/**
 * Where a value stands in a text, and what stands there.
 *
 * @param line from 1
 * @param column in characters, from 1
 * @param found how a message shows the value
 */
record JsonPlace(int line, int column, String found) {
    private static final String OBJECT = "an object";

    /** The place of a value, if it is there. */
    static Optional<JsonPlace> of(String text, JsonPath path) {
        try (JsonParser parser = JsonBinding.MAPPER.createParser(text)) {
            parser.nextToken();
            for (Object step : path.steps()) {
                boolean there = step instanceof Integer index ? item(parser, index) : field(parser, (String) step);
                if (!there) {
                    return Optional.empty();
                }
            }
            return Optional.of(here(parser));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean item(JsonParser parser, int index) throws IOException {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            return false;
        }
        parser.nextToken();
        for (int i = 0; i < index && parser.currentToken() != JsonToken.END_ARRAY; i++) {
            parser.skipChildren();
            parser.nextToken();
        }
        return parser.currentToken() != JsonToken.END_ARRAY;
    }

    private static boolean field(JsonParser parser, String name) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            return false;
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            boolean wanted = parser.currentName().equals(name);
            parser.nextToken();
            if (wanted) {
                return true;
            }
            parser.skipChildren();
        }
        return false;
    }

    private static JsonPlace here(JsonParser parser) throws IOException {
        JsonLocation location = parser.currentTokenLocation();
        String found =
                switch (parser.currentToken()) {
                    case START_OBJECT -> OBJECT;
                    case START_ARRAY -> "a list";
                    case VALUE_STRING -> JsonText.quoted(JsonText.shortened(parser.getText()));
                    default -> JsonText.shortened(parser.getText());
                };
        return new JsonPlace(location.getLineNr(), location.getColumnNr(), found);
    }

    boolean isObject() {
        return found.equals(OBJECT);
    }

    /** How a message begins. */
    @Override
    public String toString() {
        return "line " + line + ", column " + column + ": ";
    }
}
