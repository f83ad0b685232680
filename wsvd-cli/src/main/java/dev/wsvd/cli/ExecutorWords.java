package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * A command line for executors: the options of the driver's that say how networks are made and scored, with files by the names that they have
 * there.
 */
final class ExecutorWords {
    /** Files that the driver writes, or keeps. */
    private static final Set<String> OF_DRIVER = Set.of("--moments", "--timings", "--weights-out");

    /** What a path begins with that is a file's name on executors; no argument of a process can have it. */
    private static final String SHARED = "\0";

    private final Map<String, Path> files = new LinkedHashMap<>();
    private final List<String> words = new ArrayList<>();
    private int number;

    private final Map<Path, Collection<Path>> together = new HashMap<>();

    private ExecutorWords(Map<Path, ? extends Collection<Path>> together) {
        together.forEach((path, files) -> this.together.put(whole(path), List.copyOf(files)));
    }

    /**
     * Those of a command.
     *
     * @param together files that are read with one that is given, by it
     * @throws InvalidInputException if files cannot be listed, or lie where they cannot be sent
     */
    static ExecutorWords of(ParseResult given, Map<Path, ? extends Collection<Path>> together) {
        ExecutorWords made = new ExecutorWords(together);
        given.matchedPositionals().forEach(parameter -> made.words.add(made.value(parameter.getValue())));
        Set<String> names = names();
        given.matchedOptions().stream()
                // One that is given twice is there twice, each time with all values.
                .distinct()
                .filter(option -> names.contains(option.longestName()))
                .forEach(made::add);
        return made;
    }

    /** The options that executors are told, where they are given. */
    static Set<String> names() {
        return CommandSpec.forAnnotatedObject(new CompressorArguments()).options().stream()
                .map(OptionSpec::longestName)
                .filter(name -> !OF_DRIVER.contains(name))
                .collect(Collectors.toSet());
    }

    private void add(OptionSpec option) {
        if (option.getValue() instanceof Collection<?> several) {
            several.forEach(value -> words.add(option.longestName() + "=" + value(value)));
        } else if (option.getValue() instanceof Path path) {
            words.add(option.longestName() + "=" + value(path));
        } else if (option.type() == boolean.class || option.type() == Boolean.class) {
            words.add(
                    Boolean.TRUE.equals(option.getValue()) || !option.negatable()
                            ? option.longestName()
                            : "--no-" + option.longestName().substring(2));
        } else {
            option.originalStringValues().forEach(value -> words.add(option.longestName() + "=" + value));
        }
    }

    private String value(Object value) {
        return value instanceof Path path ? SHARED + shared(path) : String.valueOf(value);
    }

    /** The name that a file or folder has on executors, where it keeps its own within a folder of a number, as what is read with it does. */
    private String shared(Path path) {
        Path whole = whole(path);
        Path folder = Path.of(String.valueOf(number++));
        together.getOrDefault(whole, List.of()).forEach(file -> addBeside(whole, file, folder));
        Path own = whole.getFileName();
        Path name = folder.resolve(own == null ? Path.of("root") : own);
        if (!Files.isDirectory(path)) {
            files.put(name(name), path);
            return name(name);
        }
        try (Stream<Path> inside = Files.walk(path, FileVisitOption.FOLLOW_LINKS)) {
            // A folder without files may be a class.
            inside.filter(file -> Files.isRegularFile(file) || Files.isDirectory(file))
                    .forEach(file ->
                            files.put(name(name.resolve(path.relativize(file).toString())), file));
        } catch (IOException | UncheckedIOException e) {
            throw new InvalidInputException("'" + path + "' cannot be read: " + e.getMessage() + ".", e);
        }
        return name(name);
    }

    private void addBeside(Path path, Path file, Path folder) {
        Path name = folder.resolve(path.getParent().relativize(whole(file))).normalize();
        if (!name.startsWith(folder)) {
            throw new InvalidInputException(
                    "'" + file + "' belongs to '" + path
                            + "' and is not in its folder, so it cannot be sent to executors. Maybe move it there, or put all in one file.");
        }
        files.put(name(name), file);
    }

    /** As every system understands it. */
    private static String name(Path path) {
        return StreamSupport.stream(path.spliterator(), false)
                .map(Path::toString)
                .collect(Collectors.joining("/"));
    }

    private static Path whole(Path path) {
        return path.toAbsolutePath().normalize();
    }

    /** What executors need, by name; folders apart from what is in them. */
    Map<String, Path> files() {
        return files;
    }

    List<String> words() {
        return words;
    }

    /** The words on an executor. */
    static String[] read(List<String> words, Path folder) {
        return words.stream()
                .map(word -> {
                    int at = word.indexOf(SHARED);
                    return at < 0 ? word : word.substring(0, at) + folder.resolve(word.substring(at + SHARED.length()));
                })
                .toArray(String[]::new);
    }
}
