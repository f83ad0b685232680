package dev.wsvd.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.Printable;
import dev.wsvd.domain.file.FileFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What one file says of itself: eight bytes with the length of a JSON text, that text, and the tensors' bytes one after the other.
 *
 * @param metadata texts by name
 * @param tensors in the order of their bytes
 */
record Header(Map<String, String> metadata, List<StoredTensor> tensors) {
    static final String METADATA = "__metadata__";

    /** The limit of the format. */
    static final long LONGEST = 100_000_000;

    static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    /** @throws InvalidInputException if there is no such file, or it contradicts itself */
    static Header read(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new InvalidInputException("There is no file '" + file + "'.");
        }
        try (FileChannel channel = FileChannel.open(file)) {
            return read(file, channel);
        } catch (Broken e) {
            throw new InvalidInputException(
                    "'" + file + "' is not a whole safetensors file: " + e.getMessage() + ".", e);
        } catch (JsonProcessingException e) {
            throw new InvalidInputException(
                    "'" + file + "' is not a whole safetensors file: its header is broken: " + json(e) + ".", e);
        } catch (IOException e) {
            throw new InvalidInputException("'" + file + "' cannot be read: " + FileFailure.reason(e) + ".", e);
        }
    }

    /** What is wrong with a text, without where Jackson says that it stands. */
    static String json(JsonProcessingException problem) {
        String text = problem.getOriginalMessage();
        return Printable.message(text.lines().findFirst().orElse("it is no JSON"));
    }

    /** A file that is not as the format says. */
    private static final class Broken extends IOException {
        private static final long serialVersionUID = 1;

        Broken(String format, Object... values) {
            super(String.format(Locale.ROOT, format, values));
        }
    }

    private static Header read(Path file, FileChannel channel) throws IOException {
        long size = channel.size();
        if (size < Long.BYTES) {
            throw new Broken("it has %d bytes", size);
        }
        long length = bytes(channel, 0, Long.BYTES).getLong();
        if (length < 2 || length > LONGEST) {
            throw new Broken("its header would have %s bytes, and has 2 to %d", Long.toUnsignedString(length), LONGEST);
        }
        if (length > size - Long.BYTES) {
            throw new Broken("its header would have %d bytes, and the file ends after %d", length, size - Long.BYTES);
        }
        byte[] text = bytes(channel, Long.BYTES, (int) length).array();
        Map<String, String> metadata = new LinkedHashMap<>();
        List<StoredTensor> tensors = new ArrayList<>();
        try (JsonParser parser = JSON.createParser(text)) {
            expect(parser, JsonToken.START_OBJECT, "the header");
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                if (name.equals(METADATA)) {
                    metadata.putAll(texts(parser, METADATA));
                } else {
                    tensors.add(tensor(parser, name, file, Long.BYTES + length));
                }
            }
            if (parser.nextToken() != null) {
                throw new Broken("its header goes on behind its end");
            }
        }
        tensors.sort(Comparator.comparingLong(StoredTensor::offset).thenComparingLong(StoredTensor::length));
        requireWhole(tensors, Long.BYTES + length, size);
        return new Header(metadata, List.copyOf(tensors));
    }

    private static ByteBuffer bytes(FileChannel channel, long offset, int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, offset + bytes.position()) < 0) {
                throw new Broken("it ends too early");
            }
        }
        return bytes.flip();
    }

    /** An object of texts, whose name was just read. */
    static Map<String, String> texts(JsonParser parser, String name) throws IOException {
        Map<String, String> texts = new LinkedHashMap<>();
        expect(parser, JsonToken.START_OBJECT, "'" + name + "'");
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String key = parser.currentName();
            expect(parser, JsonToken.VALUE_STRING, "'" + Printable.name(key) + "' of '" + name + "'");
            texts.put(key, parser.getText());
        }
        return texts;
    }

    private static StoredTensor tensor(JsonParser parser, String name, Path file, long start) throws IOException {
        String named = "'" + Printable.name(name) + "'";
        expect(parser, JsonToken.START_OBJECT, named);
        String type = null;
        List<Long> shape = null;
        List<Long> offsets = null;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String field = parser.currentName();
            switch (field) {
                case "dtype" -> {
                    expect(parser, JsonToken.VALUE_STRING, "'dtype' of " + named);
                    type = parser.getText();
                }
                case "shape" -> shape = numbers(parser, "'shape' of " + named);
                case "data_offsets" -> offsets = numbers(parser, "'data_offsets' of " + named);
                default -> throw new Broken("%s has a field '%s', which is unknown", named, Printable.name(field));
            }
        }
        if (type == null || shape == null || offsets == null) {
            throw new Broken("%s lacks its dtype, shape or data_offsets", named);
        }
        String unknown = type;
        Dtype dtype = Dtype.of(type)
                .orElseThrow(
                        () -> new Broken("%s has the dtype '%s', which is unknown", named, Printable.name(unknown)));
        if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
            throw new Broken("%s has data_offsets %s, not a begin and an end", named, offsets);
        }
        long length = offsets.get(1) - offsets.get(0);
        if (length != bytes(dtype, shape, named)) {
            throw new Broken("%s of shape %s and dtype %s does not have %d bytes", named, shape, dtype, length);
        }
        return new StoredTensor(name, dtype, shape, file, start + offsets.get(0), length);
    }

    private static long bytes(Dtype type, List<Long> shape, String named) throws IOException {
        try {
            long bits = type.bits();
            for (long dim : shape) {
                bits = Math.multiplyExact(bits, dim);
            }
            return bits % Byte.SIZE == 0 ? bits / Byte.SIZE : -1;
        } catch (ArithmeticException e) {
            throw new Broken("%s has a shape of too many elements, %s", named, shape);
        }
    }

    /** Whole numbers from 0 to some 2^60, so that sums of two fit. */
    private static List<Long> numbers(JsonParser parser, String what) throws IOException {
        List<Long> numbers = new ArrayList<>();
        expect(parser, JsonToken.START_ARRAY, what);
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            boolean whole = parser.currentToken() == JsonToken.VALUE_NUMBER_INT
                    && parser.getText().matches("[0-9]{1,18}");
            if (!whole) {
                throw new Broken("%s holds %s", what, Printable.name(String.valueOf(parser.getText())));
            }
            numbers.add(parser.getLongValue());
        }
        return numbers;
    }

    private static void expect(JsonParser parser, JsonToken token, String what) throws IOException {
        if (parser.nextToken() != token) {
            throw new Broken(
                    "%s is no %s",
                    what,
                    switch (token) {
                        case START_OBJECT -> "object";
                        case START_ARRAY -> "list of numbers";
                        default -> "text";
                    });
        }
    }

    /** Each begins where the one before it ends, the last ends with the file: nothing is hidden between, nothing stands for two. */
    private static void requireWhole(List<StoredTensor> tensors, long start, long size) throws IOException {
        long at = start;
        for (StoredTensor tensor : tensors) {
            if (tensor.offset() != at) {
                throw new Broken(
                        "'%s' begins at byte %d, where byte %d of the tensors' comes next",
                        Printable.name(tensor.name()), tensor.offset() - start, at - start);
            }
            at += tensor.length();
        }
        if (at != size) {
            throw new Broken("its tensors have %d bytes, and %d bytes are there", at - start, size - start);
        }
    }
}
