package dev.wsvd.safetensors;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.file.WholeFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** Writes a {@code .safetensors} file atomically. The tensors are asked for one by one, so that not all are in memory at once. */
public final class SafetensorsWriter {
    /** Where the tensors' bytes begin is a multiple of this. */
    private static final int ALIGNMENT = 8;

    private static final int CHUNK = 1 << 16;

    private interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    private record Entry(String name, Dtype type, List<Long> shape, long length, Content content) {}

    private final List<Entry> entries = new ArrayList<>();
    private final Set<String> names = new LinkedHashSet<>(Set.of(Header.METADATA));

    /** Adds a tensor as another file stores it. */
    public SafetensorsWriter add(StoredTensor tensor) {
        return add(new Entry(tensor.name(), tensor.type(), tensor.shape(), tensor.length(), tensor::copyTo));
    }

    /**
     * Adds a tensor of real numbers.
     *
     * @param values row-major, rounded to the type; asked for when they are written, which is refused if one is too large for the type
     */
    public SafetensorsWriter add(String name, Dtype type, List<Long> shape, Supplier<float[]> values) {
        if (!type.isReal()) {
            throw new InvalidInputException("The tensor '" + name + "' cannot be written as " + type + ".");
        }
        long elements = shape.stream().reduce(1L, Math::multiplyExact);
        return add(new Entry(
                name,
                type,
                List.copyOf(shape),
                elements * type.bytes(),
                out -> write(name, values.get(), elements, type, out)));
    }

    private SafetensorsWriter add(Entry entry) {
        if (!names.add(entry.name())) {
            throw new InvalidInputException("There would be two tensors '" + entry.name() + "' in one file.");
        }
        entries.add(entry);
        return this;
    }

    /**
     * Writes the file. Tensors of large elements come first, so that each begins at a multiple of its element's size.
     *
     * @throws InvalidInputException if the path cannot be written, or a value is too large for its type
     * @throws dev.wsvd.domain.error.WsvdException if writing fails
     */
    public void write(Path file, Map<String, String> metadata) {
        List<Entry> order = entries.stream()
                .sorted(Comparator.comparingInt((Entry entry) -> -entry.type().bits())
                        .thenComparing(Entry::name))
                .toList();
        WholeFile.write(file, out -> {
            out.write(header(order, metadata));
            for (Entry entry : order) {
                entry.content().writeTo(out);
            }
        });
    }

    private static byte[] header(List<Entry> entries, Map<String, String> metadata) throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try (JsonGenerator json = Header.JSON.createGenerator(text)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeObjectFieldStart(Header.METADATA);
                for (Map.Entry<String, String> entry : metadata.entrySet()) {
                    json.writeStringField(entry.getKey(), entry.getValue());
                }
                json.writeEndObject();
            }
            long at = 0;
            for (Entry entry : entries) {
                json.writeObjectFieldStart(entry.name());
                json.writeStringField("dtype", entry.type().name());
                json.writeArrayFieldStart("shape");
                for (long dim : entry.shape()) {
                    json.writeNumber(dim);
                }
                json.writeEndArray();
                json.writeArrayFieldStart("data_offsets");
                json.writeNumber(at);
                at += entry.length();
                json.writeNumber(at);
                json.writeEndArray();
                json.writeEndObject();
            }
            json.writeEndObject();
        }
        text.write(" ".repeat(-text.size() & (ALIGNMENT - 1)).getBytes(StandardCharsets.US_ASCII));
        if (text.size() > Header.LONGEST) {
            throw new InvalidInputException("The header would have " + text.size()
                    + " bytes; a safetensors file has at most " + Header.LONGEST + ".");
        }
        return ByteBuffer.allocate(Long.BYTES + text.size())
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(text.size())
                .put(text.toByteArray())
                .array();
    }

    private static void write(String name, float[] values, long elements, Dtype type, OutputStream out)
            throws IOException {
        if (values.length != elements) {
            throw new InvalidInputException(
                    "The tensor '" + name + "' needs " + elements + " elements, found " + values.length + ".");
        }
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            if (!chunk.hasRemaining()) {
                out.write(chunk.array());
                chunk.clear();
            }
            if (Float.isFinite(value) && !Float.isFinite(type.rounded(value))) {
                throw new InvalidInputException(
                        "The tensor '" + name + "' has the value " + value + ", which " + type + " cannot hold.");
            }
            type.put(chunk, value);
        }
        out.write(chunk.array(), 0, chunk.position());
    }
}
