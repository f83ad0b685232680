package dev.wsvd.maven.plugin;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.stream.Stream;
import org.apache.maven.plugin.MojoExecutionException;

/** The models of a folder. */
final class Models {
    private Models() {}

    /**
     * Finds them, in the order of their names, relative to the folder.
     *
     * @param glob which, by their path below the folder, such as {@code **.onnx}
     * @return none where there is no such folder
     * @throws MojoExecutionException if the folder cannot be read
     */
    static List<Path> in(Path folder, String glob) throws MojoExecutionException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + glob);
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(folder::relativize)
                    .filter(matcher::matches)
                    .sorted()
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            throw new MojoExecutionException(
                    "The folder of models " + folder + " cannot be read: " + e.getMessage(), e);
        }
    }
}
