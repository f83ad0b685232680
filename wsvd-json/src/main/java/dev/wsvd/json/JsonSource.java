package dev.wsvd.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.json.JsonValue.ListValue;
import dev.wsvd.json.JsonValue.LiteralValue;
import dev.wsvd.json.JsonValue.NumberValue;
import dev.wsvd.json.JsonValue.ObjectValue;
import dev.wsvd.json.JsonValue.Place;
import dev.wsvd.json.JsonValue.TextValue;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A JSON file being read: its text as values that know their places, and refusals that name them. */
final class JsonSource {
    private static final int LARGEST = 64 << 20;
    private static final int DEEPEST = 32;
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build())
            .build();

    private final Path file;

    private JsonSource(Path file) {
        this.file = file;
    }

    /**
     * The root object of a file.
     *
     * @throws InvalidInputException if there is none
     */
    static Field read(Path file) {
        return new JsonSource(file)
                .readIfPresent()
                .orElseThrow(() -> new InvalidInputException("The file " + file + " does not exist."));
    }

    /**
     * The root object of a file that may not exist yet.
     *
     * @throws InvalidInputException if the file exists and does not hold one JSON object
     */
    static Optional<Field> readIfPresent(Path file) {
        return new JsonSource(file).readIfPresent();
    }

    /** A refusal that names file and place. */
    InvalidInputException refusal(Place place, String problem) {
        return new InvalidInputException(
                file + ", line " + place.line() + ", column " + place.column() + ": " + problem);
    }

    private Optional<Field> readIfPresent() {
        return text().map(text -> new Field(this, "", parse(text)));
    }

    private Optional<String> text() {
        if (Files.isDirectory(file)) {
            throw new InvalidInputException(file + " is a directory, not a JSON file.");
        }
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new InvalidInputException(file + " is a device or a pipe, not a JSON file.");
        }
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            requireSmall(Files.size(file));
            // It may grow meanwhile.
            bytes = in.readNBytes(LARGEST + 1);
            requireSmall(bytes.length);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new InvalidInputException("The file " + file + " cannot be read.", e);
        }
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            // A byte order mark, as some editors leave it, is not part of the text.
            return Optional.of(text.startsWith("\uFEFF") ? text.substring(1) : text);
        } catch (CharacterCodingException e) {
            throw new InvalidInputException(file + " is not a JSON file: its bytes are not UTF-8 text.", e);
        }
    }

    private void requireSmall(long size) {
        if (size > LARGEST) {
            throw new InvalidInputException(
                    file + " has " + size + " bytes; a JSON file may have at most " + LARGEST + ".");
        }
    }

    private JsonValue parse(String text) {
        if (text.isBlank()) {
            throw new InvalidInputException(file + " is empty; a JSON object was expected.");
        }
        try (JsonParser parser = JSON.createParser(text)) {
            return root(parser, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private JsonValue root(JsonParser parser, String text) throws IOException {
        try {
            JsonValue root = value(parser, parser.nextToken(), "");
            if (parser.nextToken() != null) {
                throw refusal(here(parser), "there is more after the end of the JSON text.");
            }
            return root;
        } catch (JsonProcessingException e) {
            JsonLocation place = e.getLocation() == null ? parser.currentLocation() : e.getLocation();
            throw new InvalidInputException(syntaxError(text, place, e), e);
        }
    }

    private String syntaxError(String text, JsonLocation location, JsonProcessingException error) {
        String at = file + ", line " + location.getLineNr() + ", column " + location.getColumnNr() + ": ";
        if (error instanceof JsonEOFException) {
            return at + "the JSON text ends too early. Maybe the file was cut off.";
        }
        if (error instanceof StreamConstraintsException) {
            return at + "a value is longer or deeper (over " + DEEPEST + " levels) than any wsvd writes.";
        }
        if (error.getOriginalMessage().startsWith("Non-standard token")) {
            return at + "not valid JSON: a number must be finite.";
        }
        int offset = (int) Math.min(location.getCharOffset(), text.length());
        return at + "not valid JSON: unexpected " + JsonText.quoted(wordAt(text, offset))
                + ". Maybe a comma, a quote or a bracket before it is missing or too many.";
    }

    private static String wordAt(String text, int offset) {
        int end = offset;
        while (end < text.length() && Character.isLetterOrDigit(text.charAt(end))) {
            end++;
        }
        return JsonText.shortened(text.substring(offset, Math.min(text.length(), Math.max(end, offset + 1))));
    }

    private JsonValue value(JsonParser parser, JsonToken token, String path) throws IOException {
        Place place = here(parser);
        return switch (token) {
            case START_OBJECT -> object(parser, place, path);
            case START_ARRAY -> list(parser, place, path);
            case VALUE_STRING -> new TextValue(place, parser.getText());
            case VALUE_NUMBER_INT -> new NumberValue(place, parser.getText(), true);
            case VALUE_NUMBER_FLOAT -> new NumberValue(place, parser.getText(), false);
            default -> new LiteralValue(place, parser.getText());
        };
    }

    private ObjectValue object(JsonParser parser, Place place, String path) throws IOException {
        Map<String, JsonValue> fields = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            Place namePlace = here(parser);
            String name = parser.currentName();
            String inside = Field.inside(path, name);
            if (fields.put(name, value(parser, parser.nextToken(), inside)) != null) {
                throw refusal(namePlace, "field '" + inside + "' is there twice.");
            }
        }
        return new ObjectValue(place, fields);
    }

    private ListValue list(JsonParser parser, Place place, String path) throws IOException {
        List<JsonValue> items = new ArrayList<>();
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            items.add(value(parser, token, path + "[" + items.size() + "]"));
        }
        return new ListValue(place, items);
    }

    private static Place here(JsonParser parser) {
        JsonLocation location = parser.currentTokenLocation();
        return new Place(location.getLineNr(), location.getColumnNr());
    }
}
