package dev.wsvd.adapter.onnx.internal.file;

import dev.wsvd.domain.file.FileIdentity;
import dev.wsvd.domain.file.UnfinishedFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The data files that wsvd writes beside a model: {@code MODEL.<16 hexadecimal digits>.data}. A model that replaces another has
 * a data file of a new name, so that the one rename of the model is the step from the old to the new.
 */
final class OwnDataFiles {
    private static final int DIGITS = 16;
    private static final int CHUNK = 1 << 20;

    private OwnDataFiles() {}

    /** @param digest at least as many digits as a name has */
    static Path named(Path model, String digest) {
        return model.resolveSibling(model.getFileName() + "." + digest.substring(0, DIGITS) + ".data");
    }

    /** Whether a file has, or would have, the name of a data file of a model. */
    static boolean isNamed(Path model, Path file) {
        return pattern(model).matcher(file.getFileName().toString()).matches()
                && FileIdentity.isSame(model.getParent(), file.getParent());
    }

    private static Pattern pattern(Path model) {
        return Pattern.compile(
                Pattern.quote(model.getFileName().toString()) + "\\.[0-9a-f]{" + DIGITS + "}\\.data",
                Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);
    }

    /**
     * Deletes what no model needs: data files that wsvd wrote for this model or one it replaced, and what dead processes left.
     * What cannot be deleted stays, and so does a file that any model in the folder names, a renamed copy for instance.
     */
    static void deleteUnused(Path model) {
        UnfinishedFile.deleteAbandoned(model);
        try {
            List<Path> beside = list(model.getParent());
            beside.stream()
                    .filter(file -> isNamed(model, file))
                    .forEach(data -> UnfinishedFile.deleteIfAbandoned(data, () -> isUnused(data)));
        } catch (IOException e) {
            // Left to the next save; this one does not depend on it.
        }
    }

    private static boolean isUnused(Path data) {
        String name = data.getFileName().toString();
        try {
            for (Path file : list(data.getParent())) {
                if (Files.isRegularFile(file) && ModelFile.looksLikeModel(file) && holds(file, name)) {
                    return false;
                }
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    /** Whether a file holds a name; a model holds the names of its data files as they are. */
    private static boolean holds(Path file, String name) throws IOException {
        byte[] wanted = name.getBytes(StandardCharsets.UTF_8);
        String text = new String(wanted, StandardCharsets.ISO_8859_1);
        byte[] chunk = new byte[CHUNK + wanted.length];
        int kept = 0;
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.readNBytes(chunk, kept, CHUNK); read > 0; read = in.readNBytes(chunk, kept, CHUNK)) {
                int end = kept + read;
                if (new String(chunk, 0, end, StandardCharsets.ISO_8859_1).contains(text)) {
                    return true;
                }
                kept = Math.min(end, wanted.length);
                System.arraycopy(chunk, end - kept, chunk, 0, kept);
            }
        }
        return false;
    }
}
