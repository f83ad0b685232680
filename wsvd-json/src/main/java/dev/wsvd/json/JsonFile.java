package dev.wsvd.json;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import dev.wsvd.domain.error.InvalidInputException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A JSON file that was read.
 *
 * @param file where it is
 * @param text its text
 * @param content what it says
 */
record JsonFile<T>(Path file, String text, T content) {
    private static final int LARGEST = 64 << 20;

    /**
     * A file of a kind.
     *
     * @throws InvalidInputException if it does not exist, is not JSON, or not of this kind; the message names the file, line,
     *     column and field
     */
    static <T> JsonFile<T> read(Path file, JsonFormat format, Class<T> type) {
        return readIfPresent(file, format, type)
                .orElseThrow(() -> new InvalidInputException("The file " + file + " does not exist."));
    }

    /** A file of a kind that may not exist yet; otherwise as {@link #read}. */
    static <T> Optional<JsonFile<T>> readIfPresent(Path file, JsonFormat format, Class<T> type) {
        return text(file).map(text -> {
            requireJson(file, text);
            format.require(new JsonFile<>(file, text, bind(file, text, JsonFormat.Header.class)));
            return new JsonFile<>(file, text, bind(file, text, type));
        });
    }

    /** A refusal of the value there, although it could be bound. */
    InvalidInputException refusal(JsonPath path, String problem) {
        return new InvalidInputException(
                file + ", " + JsonPlace.of(text, path).orElseThrow() + path.named() + " " + problem);
    }

    /** A refusal of an object that lacks a field. */
    InvalidInputException missing(JsonPath path) {
        return new InvalidInputException(
                file + ", " + JsonPlace.of(text, path.parent()).orElseThrow() + path.named() + " is missing.");
    }

    /** What is no JSON at all is said first, and what is can be looked through for places. */
    private static void requireJson(Path file, String text) {
        try (JsonParser parser = JsonBinding.MAPPER.createParser(text)) {
            requireJson(file, text, parser);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void requireJson(Path file, String text, JsonParser parser) throws IOException {
        try {
            while (parser.nextToken() != null) {
                // A text is only looked at when it is asked for.
                parser.getText();
            }
        } catch (JsonProcessingException e) {
            throw new InvalidInputException(file + ", " + JsonProblem.of(text, parser, e), e);
        }
    }

    private static <T> T bind(Path file, String text, Class<T> type) {
        try (JsonParser parser = JsonBinding.MAPPER.createParser(text)) {
            return bind(file, text, type, parser);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static <T> T bind(Path file, String text, Class<T> type, JsonParser parser) throws IOException {
        try {
            return JsonBinding.MAPPER.readValue(parser, type);
        } catch (JsonProcessingException e) {
            throw new InvalidInputException(file + ", " + JsonProblem.of(text, parser, e), e);
        }
    }

    private static Optional<String> text(Path file) {
        if (Files.isDirectory(file)) {
            throw new InvalidInputException(file + " is a directory, not a JSON file.");
        }
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new InvalidInputException(file + " is a device or a pipe, not a JSON file.");
        }
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            requireSmall(file, Files.size(file));
            // It may grow meanwhile.
            bytes = in.readNBytes(LARGEST + 1);
            requireSmall(file, bytes.length);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new InvalidInputException("The file " + file + " cannot be read.", e);
        }
        try {
            String decoded = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            // A byte order mark, as some editors leave it, is not part of the text.
            String text = decoded.startsWith("\uFEFF") ? decoded.substring(1) : decoded;
            if (text.isBlank()) {
                throw new InvalidInputException(file + " is empty; a JSON object was expected.");
            }
            return Optional.of(text);
        } catch (CharacterCodingException e) {
            throw new InvalidInputException(file + " is not a JSON file: its bytes are not UTF-8 text.", e);
        }
    }

    private static void requireSmall(Path file, long size) {
        if (size > LARGEST) {
            throw new InvalidInputException(
                    file + " has " + size + " bytes; a JSON file may have at most " + LARGEST + ".");
        }
    }
}
