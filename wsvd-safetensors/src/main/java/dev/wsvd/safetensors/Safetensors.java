package dev.wsvd.safetensors;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.wsvd.domain.NearNames;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.Printable;
import dev.wsvd.domain.file.FileFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Tensors by name: a {@code .safetensors} file, or a {@code .safetensors.index.json} and the files beside it that it names. Headers are read
 * at once and checked whole; a file may be larger than memory.
 *
 * <p>Source: the README of Hugging Face's safetensors, "Format".
 */
public final class Safetensors {
    private static final String INDEX = ".json";
    private static final String WEIGHT_MAP = "weight_map";

    private final List<Path> files;
    private final Map<String, String> metadata;
    private final Map<String, StoredTensor> tensors;

    private Safetensors(List<Path> files, Map<String, String> metadata, Map<String, StoredTensor> tensors) {
        this.files = List.copyOf(files);
        this.metadata = Map.copyOf(metadata);
        this.tensors = tensors;
    }

    /**
     * Opens a file, or the files of an index.
     *
     * @throws InvalidInputException if there is no such file, it is not whole, or an index and its files contradict each other
     */
    public static Safetensors open(Path file) {
        return file.toString().endsWith(INDEX) ? indexed(file) : single(file);
    }

    private static Safetensors single(Path file) {
        Header header = Header.read(file);
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        header.tensors().forEach(tensor -> tensors.put(tensor.name(), tensor));
        return new Safetensors(List.of(file), header.metadata(), tensors);
    }

    private static Safetensors indexed(Path index) {
        Map<String, String> places = places(index);
        Map<String, Header> headers = new LinkedHashMap<>();
        List<Path> files = new ArrayList<>(List.of(index));
        Map<String, String> metadata = new LinkedHashMap<>();
        for (String name : new LinkedHashSet<>(places.values())) {
            if (name.isEmpty() || name.equals(".") || name.equals("..") || !name.matches("[^/\\\\:\\u0000-\\u001f]+")) {
                throw new InvalidInputException("'" + index + "' names the file '" + Printable.name(name)
                        + "'; the files of an index are beside it.");
            }
            Path shard = index.resolveSibling(name);
            Header header = Header.read(shard);
            files.add(shard);
            headers.put(name, header);
            metadata.putAll(header.metadata());
        }
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        headers.forEach((name, header) -> {
            for (StoredTensor tensor : header.tensors()) {
                if (!name.equals(places.get(tensor.name()))) {
                    throw new InvalidInputException("'" + tensor.file() + "' holds the tensor '"
                            + Printable.name(tensor.name()) + "', which '" + index + "' does not say of it.");
                }
                tensors.put(tensor.name(), tensor);
            }
        });
        places.keySet().stream()
                .filter(name -> !tensors.containsKey(name))
                .findFirst()
                .ifPresent(name -> {
                    throw new InvalidInputException("'" + index + "' says that '" + Printable.name(places.get(name))
                            + "' holds the tensor '" + Printable.name(name) + "', which is not there.");
                });
        return new Safetensors(files, metadata, tensors);
    }

    /** The file of each tensor. */
    private static Map<String, String> places(Path index) {
        if (!Files.isRegularFile(index)) {
            throw new InvalidInputException("There is no file '" + index + "'.");
        }
        try {
            if (Files.size(index) > Header.LONGEST) {
                throw new InvalidInputException("'" + index + "' has more than " + Header.LONGEST + " bytes.");
            }
            Optional<Map<String, String>> found = Optional.empty();
            try (JsonParser parser = Header.JSON.createParser(Files.readAllBytes(index))) {
                if (parser.nextToken() == JsonToken.START_OBJECT) {
                    while (parser.nextToken() == JsonToken.FIELD_NAME) {
                        if (parser.currentName().equals(WEIGHT_MAP)) {
                            found = Optional.of(Header.texts(parser, WEIGHT_MAP));
                        } else {
                            parser.nextToken();
                            parser.skipChildren();
                        }
                    }
                }
            }
            return found.orElseThrow(() -> new InvalidInputException(
                    "'" + index + "' is no index of safetensors files: it has no weight_map."));
        } catch (JsonProcessingException e) {
            throw new InvalidInputException(
                    "'" + index + "' is no index of safetensors files: " + Header.json(e) + ".", e);
        } catch (IOException e) {
            throw new InvalidInputException("'" + index + "' cannot be read: " + FileFailure.reason(e) + ".", e);
        }
    }

    /** The files that were opened, the index first. */
    public List<Path> files() {
        return files;
    }

    /** Texts that the files say of themselves. */
    public Map<String, String> metadata() {
        return metadata;
    }

    /** All tensors, in the order of their bytes. */
    public Collection<StoredTensor> tensors() {
        return List.copyOf(tensors.values());
    }

    /** Their names. */
    public Set<String> names() {
        return Set.copyOf(tensors.keySet());
    }

    /** A tensor, if there is one of that name. */
    public Optional<StoredTensor> find(String name) {
        return Optional.ofNullable(tensors.get(name));
    }

    /**
     * A tensor.
     *
     * @throws InvalidInputException if there is none of that name
     */
    public StoredTensor tensor(String name) {
        return find(name)
                .orElseThrow(() -> new InvalidInputException("'" + files.get(0) + "' has no tensor '"
                        + Printable.name(name) + "'." + Printable.message(NearNames.hint(name, tensors.keySet()))));
    }
}
