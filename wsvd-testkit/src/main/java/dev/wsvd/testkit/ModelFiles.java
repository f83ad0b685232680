package dev.wsvd.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The files of a model, in memory, to be written damaged elsewhere.
 *
 * @param folder whether the model is a folder
 * @param name the model's file or folder name
 * @param files content by path in the folder; for a model that is one file, by an empty path
 */
record ModelFiles(boolean folder, String name, Map<Path, byte[]> files) {
    /** What is there now. */
    static ModelFiles of(Path model) throws IOException {
        Map<Path, byte[]> files = new TreeMap<>();
        List<Path> found = new ArrayList<>();
        try (Stream<Path> walk = Files.walk(model)) {
            walk.filter(Files::isRegularFile).forEach(found::add);
        }
        for (Path file : found) {
            files.put(model.relativize(file), Files.readAllBytes(file));
        }
        return new ModelFiles(Files.isDirectory(model), model.getFileName().toString(), files);
    }

    Set<Path> names() {
        return files.keySet();
    }

    /** A file's name, for messages. */
    String place(Path file) {
        return folder ? name + "/" + file : name;
    }

    /** A copy of a file's content. */
    byte[] bytes(Path file) {
        return files.get(file).clone();
    }

    /** The same but for one file. */
    ModelFiles with(Path file, byte[] content) {
        Map<Path, byte[]> changed = new TreeMap<>(files);
        changed.put(file, content);
        return new ModelFiles(folder, name, changed);
    }

    /** Writes the model into a folder and tells where it is. */
    Path writeTo(Path parent) throws IOException {
        Path model = parent.resolve(name);
        if (folder) {
            Files.createDirectory(model);
        }
        for (Map.Entry<Path, byte[]> file : files.entrySet()) {
            Path target = folder ? model.resolve(file.getKey()) : model;
            Files.createDirectories(target.getParent());
            Files.write(target, file.getValue());
        }
        return model;
    }

    void assertSame(ModelFiles expected) {
        assertEquals(expected.names(), names(), () -> "files of '" + name + "'");
        files.forEach((file, content) ->
                assertArrayEquals(expected.bytes(file), content, () -> "content of '" + place(file) + "'"));
    }

    /** Asserts that all these files are still in a folder, beside others. */
    void assertStillIn(Path parent, String after) throws IOException {
        for (Path file : names()) {
            Path there = parent.resolve(file);
            assertTrue(Files.isRegularFile(there), () -> "'" + there + "' is gone after " + after);
            assertArrayEquals(
                    bytes(file), Files.readAllBytes(there), () -> "content of '" + there + "' after " + after);
        }
    }
}
