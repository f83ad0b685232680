package dev.wsvd.maven.plugin;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.maven.plugin.MojoExecutionException;

/**
 * What a compressed model was made from: the version of wsvd, the call, and size and time of every file that may be read by it. A model
 * may have its weights in other files beside it, so all that is in its folder counts; so does the folder of safetensors files.
 */
final class MadeFrom {
    /** Options whose files are written, or kept from one run to the next. */
    private static final Set<String> WRITTEN = Set.of(
            "--output",
            "--stats",
            "--report",
            "--pareto",
            "--save-plan",
            "--scores",
            "--moments",
            "--timings",
            "--weights-out");

    /** Options whose files may name others beside them. */
    private static final Set<String> WITH_COMPANIONS = Set.of("--weights");

    private final Path file;
    private final Path output;
    private final String read;

    /**
     * @param file where it is kept
     * @param output the compressed model
     * @param model what is compressed
     * @param call the command's words
     */
    MadeFrom(Path file, Path output, Path model, String version, List<String> call) throws MojoExecutionException {
        this.file = file;
        this.output = output;
        StringBuilder all = new StringBuilder("wsvd " + version + "\n");
        all.append(files(folder(model), "", Integer.MAX_VALUE));
        String before = "";
        for (String argument : call) {
            all.append(argument).append('\n');
            int value = argument.startsWith("--") ? argument.indexOf('=') + 1 : 0;
            // An option and what it is given are one word or two.
            String option = value > 0 ? argument.substring(0, value - 1) : before;
            if (!WRITTEN.contains(option)) {
                all.append(files(argument.substring(value), WITH_COMPANIONS.contains(option)));
            }
            before = argument;
        }
        read = all.toString();
    }

    /** Whether the last that was written says the same, and what was made is as it was left. */
    boolean holds() throws MojoExecutionException {
        try {
            return Files.exists(file)
                    && Files.exists(output)
                    && Files.readString(file).equals(read + made());
        } catch (IOException e) {
            throw new MojoExecutionException(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    void write() throws MojoExecutionException {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(file, read + made());
        } catch (IOException e) {
            throw new MojoExecutionException(file + " cannot be written: " + e.getMessage(), e);
        }
    }

    /** The compressed model and the files of its weights, which begin with its name. */
    private String made() throws MojoExecutionException {
        return files(folder(output), output.getFileName().toString(), 1);
    }

    private static Path folder(Path of) {
        return of.toAbsolutePath().getParent();
    }

    /** Of what is no file or folder: nothing. */
    private static String files(String argument, boolean withCompanions) throws MojoExecutionException {
        try {
            Path named = Path.of(argument);
            boolean there = !argument.isEmpty() && Files.exists(named);
            return there ? files(withCompanions ? folder(named) : named, "", Integer.MAX_VALUE) : "";
        } catch (InvalidPathException e) {
            return "";
        }
    }

    /** Name, size and time of a file, or of all files of a folder whose names begin so. */
    private static String files(Path root, String beginning, int depth) throws MojoExecutionException {
        StringBuilder all = new StringBuilder();
        try (Stream<Path> files = Files.walk(root, depth)) {
            for (Path found : (Iterable<Path>) files.filter(Files::isRegularFile)
                    .filter(path -> path.getFileName().toString().startsWith(beginning))
                    .sorted()::iterator) {
                all.append("  ")
                        .append(found)
                        .append(' ')
                        .append(Files.size(found))
                        .append(' ')
                        .append(Files.getLastModifiedTime(found))
                        .append('\n');
            }
        } catch (IOException | UncheckedIOException e) {
            throw new MojoExecutionException(root + " cannot be read: " + e.getMessage(), e);
        }
        return all.toString();
    }
}
