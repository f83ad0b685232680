package dev.wsvd.maven.plugin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import org.apache.maven.plugin.MojoExecutionException;

/**
 * What a compressed model was made from: the version of wsvd, the call, and size and time of every file that the call
 * names but those it writes.
 */
final class MadeFrom {
    private final Path file;
    private final String text;

    MadeFrom(Path file, String version, List<String> call) throws MojoExecutionException {
        this.file = file;
        StringBuilder all = new StringBuilder(version).append('\n');
        for (String argument : call) {
            all.append(argument);
            if (!argument.startsWith("--output=") && !argument.startsWith("--stats=")) {
                all.append(state(argument.replaceFirst("^--?[a-z-]+=", "")));
            }
            all.append('\n');
        }
        text = all.toString();
    }

    /** Whether the last that was written says the same. */
    boolean holds() throws MojoExecutionException {
        try {
            return Files.exists(file) && Files.readString(file).equals(text);
        } catch (IOException e) {
            throw new MojoExecutionException(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    void write() throws MojoExecutionException {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new MojoExecutionException(file + " cannot be written: " + e.getMessage(), e);
        }
    }

    /** Of what is no file: nothing. */
    private static String state(String argument) throws MojoExecutionException {
        try {
            Path named = Path.of(argument);
            return Files.isRegularFile(named) ? " " + Files.size(named) + " " + Files.getLastModifiedTime(named) : "";
        } catch (InvalidPathException e) {
            return "";
        } catch (IOException e) {
            throw new MojoExecutionException(argument + " cannot be read: " + e.getMessage(), e);
        }
    }
}
