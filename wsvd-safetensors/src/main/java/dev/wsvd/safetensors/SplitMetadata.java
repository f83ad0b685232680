package dev.wsvd.safetensors;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.wsvd.domain.error.InvalidInputException;
import java.io.IOException;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a file says of itself, and there of the modules that were split. A file may be split again: a stage {@code X.0} of a module {@code X} is
 * then two itself, so that what was said of {@code X} comes first and stays.
 *
 * @param texts of the file
 * @param modules what stands in the place of each, as JSON; those that were split first come first
 */
record SplitMetadata(Map<String, String> texts, Map<String, String> modules) {
    private static final String OWN = "wsvd";
    private static final String VERSION = "version";
    private static final String MODULES = "modules";
    private static final int CURRENT = 1;

    /** @throws InvalidInputException if the file's own entry cannot be read */
    static SplitMetadata of(Safetensors file) {
        String own = file.metadata().get(OWN);
        try {
            return new SplitMetadata(file.metadata(), own == null ? Map.of() : modules(own));
        } catch (IOException e) {
            String reason = e instanceof JsonProcessingException json ? Header.json(json) : e.getMessage();
            throw new InvalidInputException(
                    "The metadata 'wsvd' of '" + file.files().get(0) + "' do not say which modules were split before: "
                            + reason + ".",
                    e);
        }
    }

    private static Map<String, String> modules(String text) throws IOException {
        Optional<Map<String, String>> found = Optional.empty();
        try (JsonParser parser = Header.JSON.createParser(text)) {
            expect(parser.nextToken() == JsonToken.START_OBJECT, "they are no object");
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String field = parser.currentName();
                JsonToken value = parser.nextToken();
                if (field.equals(VERSION)) {
                    boolean current = value == JsonToken.VALUE_NUMBER_INT
                            && parser.getText().equals(String.valueOf(CURRENT));
                    expect(current, "their version is not " + CURRENT);
                } else if (field.equals(MODULES)) {
                    found = Optional.of(objects(parser));
                } else {
                    parser.skipChildren();
                }
            }
            expect(parser.nextToken() == null, "they go on behind their end");
        }
        return found.orElseThrow(() -> new IOException("they have no modules"));
    }

    /** The values of an object, as JSON. */
    private static Map<String, String> objects(JsonParser parser) throws IOException {
        Map<String, String> objects = new LinkedHashMap<>();
        expect(parser.currentToken() == JsonToken.START_OBJECT, "their modules are no object");
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            expect(parser.nextToken() == JsonToken.START_ARRAY, "a module is no list of stages");
            StringWriter text = new StringWriter();
            try (JsonGenerator json = Header.JSON.createGenerator(text)) {
                json.copyCurrentStructure(parser);
            }
            objects.put(name, text.toString());
        }
        return objects;
    }

    private static void expect(boolean met, String otherwise) throws IOException {
        if (!met) {
            throw new IOException(otherwise);
        }
    }

    /** The texts of a file in which more modules are split. */
    Map<String, String> with(List<SplitModule> split) {
        Map<String, String> metadata = new LinkedHashMap<>(texts);
        Map<String, String> before = new LinkedHashMap<>(modules);
        split.forEach(module -> before.remove(module.name()));
        StringWriter text = new StringWriter();
        try (JsonGenerator json = Header.JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeNumberField(VERSION, CURRENT);
            json.writeObjectFieldStart(MODULES);
            for (Map.Entry<String, String> earlier : before.entrySet()) {
                json.writeFieldName(earlier.getKey());
                json.writeRawValue(earlier.getValue());
            }
            for (SplitModule module : split) {
                json.writeFieldName(module.name());
                module.describe(json);
            }
            json.writeEndObject();
            json.writeEndObject();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        metadata.put(OWN, text.toString());
        return metadata;
    }
}
