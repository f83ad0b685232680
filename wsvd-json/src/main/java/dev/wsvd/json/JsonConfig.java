package dev.wsvd.json;

import com.fasterxml.jackson.core.io.NumberOutput;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.wsvd.domain.NearNames;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.file.WholeFile;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The options of a run in a JSON file: what {@code --save-config} writes and {@code --config} reads. */
public final class JsonConfig {
    private static final String COMMAND = "command";
    private static final Set<String> HEADER = Set.of("format", "version", COMMAND);

    /** What an option takes. */
    public enum Kind {
        /** Nothing: it is there or not. */
        FLAG("must be true or false"),
        NUMBER("must be a number"),
        TEXT("must be a text or a number");

        private final String mustBe;

        Kind(String mustBe) {
            this.mustBe = mustBe;
        }
    }

    /**
     * An option.
     *
     * @param name without dashes
     * @param several whether it may be given more than once
     */
    public record Key(String name, Kind kind, boolean several) {}

    private JsonConfig() {}

    /**
     * Writes the options of a run atomically.
     *
     * @param values as they were given, in order; {@code true} or {@code false} of a flag
     * @throws InvalidInputException if the path cannot be written
     * @throws dev.wsvd.domain.error.WsvdException if writing fails, for instance on a full disk
     */
    public static void write(Path file, String command, Map<Key, List<String>> values) {
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("format", JsonFormat.CONFIG.id());
        content.put("version", JsonFormat.VERSION);
        content.put(COMMAND, command);
        values.forEach((key, texts) ->
                content.put(key.name(), key.several() ? texts : value(key, texts.get(texts.size() - 1))));
        WholeFile.write(file, JsonText.of(content));
    }

    /** A number as such only where its text would be read back as it is. */
    private static Object value(Key key, String text) {
        if (key.kind() == Kind.FLAG) {
            return Boolean.valueOf(text);
        }
        if (key.kind() == Kind.NUMBER && text.matches("0|-?[1-9][0-9]*")) {
            return new BigInteger(text);
        }
        if (key.kind() == Kind.NUMBER && isNumber(text) && text.equals(NumberOutput.toString(number(text), true))) {
            return number(text);
        }
        return text;
    }

    private static boolean isNumber(JsonNode node) {
        return node.isNumber() && Double.isFinite(node.doubleValue());
    }

    private static boolean isNumber(String text) {
        try {
            return Double.isFinite(number(text));
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static double number(String text) {
        return Double.parseDouble(text);
    }

    /**
     * Reads the options of a run.
     *
     * @param command the command that they are for; a file may say it
     * @param known the options that this command has
     * @return the values of each option in the file, in its order; {@code true} or {@code false} of a flag
     * @throws InvalidInputException if the file cannot be read, is for another command or has other keys or values; the message
     *     names the file, line, column and field
     */
    public static Map<Key, List<String>> read(Path file, String command, List<Key> known) {
        JsonFile<ObjectNode> read = JsonFile.read(file, JsonFormat.CONFIG, ObjectNode.class);
        Map<String, Key> byName = known.stream().collect(Collectors.toMap(Key::name, key -> key));
        Map<Key, List<String>> values = new LinkedHashMap<>();
        read.content().properties().forEach(field -> {
            String name = field.getKey();
            if (name.equals(COMMAND)) {
                requireFor(command, read, field.getValue());
            } else if (!HEADER.contains(name)) {
                Key key = byName.get(name);
                if (key == null) {
                    throw unknown(read, name, command, known);
                }
                values.put(key, texts(read, key, field.getValue()));
            }
        });
        return values;
    }

    private static void requireFor(String command, JsonFile<?> read, JsonNode found) {
        if (!found.asText().equals(command)) {
            throw read.refusal(
                    JsonPath.to(COMMAND),
                    "must be " + JsonText.quoted(command) + ", found "
                            + JsonText.quoted(JsonText.shortened(found.asText()))
                            + ". Maybe the file is for another command.");
        }
    }

    private static InvalidInputException unknown(JsonFile<?> read, String name, String command, List<Key> known) {
        List<String> names = known.stream().map(Key::name).sorted().toList();
        return read.refusal(
                JsonPath.to(name),
                "is no option of " + command + "; allowed: " + String.join(", ", names) + "."
                        + (NearNames.of(name, names).isEmpty() ? "" : NearNames.hint(name, names)));
    }

    private static List<String> texts(JsonFile<?> read, Key key, JsonNode node) {
        JsonPath path = JsonPath.to(key.name());
        if (!node.isArray()) {
            return List.of(text(read, path, key.kind(), node));
        }
        if (!key.several()) {
            throw wrong(read, path, key.kind());
        }
        List<String> texts = new ArrayList<>();
        node.forEach(item -> texts.add(text(read, path.then(texts.size()), key.kind(), item)));
        return texts;
    }

    private static String text(JsonFile<?> read, JsonPath path, Kind kind, JsonNode node) {
        boolean fits =
                switch (kind) {
                    case FLAG -> node.isBoolean();
                    case NUMBER -> isNumber(node) || node.isTextual() && isNumber(node.asText());
                    case TEXT -> isNumber(node) || node.isTextual();
                };
        if (!fits) {
            throw wrong(read, path, kind);
        }
        return node.isDouble() ? NumberOutput.toString(node.doubleValue(), true) : node.asText();
    }

    private static InvalidInputException wrong(JsonFile<?> read, JsonPath path, Kind kind) {
        String found = JsonPlace.of(read.text(), path).orElseThrow().found();
        return read.refusal(path, kind.mustBe + ", found " + found + ".");
    }
}
