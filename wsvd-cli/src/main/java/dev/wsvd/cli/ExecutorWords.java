package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Model.ArgSpec;
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

    private ExecutorWords() {}

    /**
     * Those of a command.
     *
     * @param model the files of the model, and what is read beside it
     * @throws InvalidInputException if files cannot be listed
     */
    static ExecutorWords of(ParseResult given, Collection<Path> model) {
        ExecutorWords made = new ExecutorWords();
        given.matchedPositionals().forEach(parameter -> made.words.add(made.value(parameter, parameter.getValue())));
        Path first = model.iterator().next().toAbsolutePath().normalize();
        model.forEach(file -> made.addBeside(first, file.toAbsolutePath().normalize()));
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

    /** A file of the model, by where it lies from the first, which is the first parameter. */
    private void addBeside(Path first, Path file) {
        Path name = Path.of("0").resolve(first.getParent().relativize(file)).normalize();
        if (!name.startsWith("0")) {
            throw new InvalidInputException(
                    "'" + file + "' belongs to the model and is not in its folder, so it cannot be sent to"
                            + " executors. Maybe put the model in one file.");
        }
        files.put(name.toString(), file);
    }

    private void add(OptionSpec option) {
        if (option.getValue() instanceof Collection<?> several) {
            several.forEach(value -> words.add(option.longestName() + "=" + value(option, value)));
        } else if (option.getValue() instanceof Path path) {
            words.add(option.longestName() + "=" + value(option, path));
        } else if (option.type() == boolean.class || option.type() == Boolean.class) {
            words.add(
                    Boolean.TRUE.equals(option.getValue()) || !option.negatable()
                            ? option.longestName()
                            : "--no-" + option.longestName().substring(2));
        } else {
            option.originalStringValues().forEach(value -> words.add(option.longestName() + "=" + value));
        }
    }

    private String value(ArgSpec arg, Object value) {
        return value instanceof Path path ? SHARED + shared(path) : String.valueOf(value);
    }

    /** The name that a file or folder has on executors, where it keeps its own within a folder of a number. */
    private String shared(Path path) {
        Path own = path.toAbsolutePath().normalize().getFileName();
        Path name = Path.of(String.valueOf(number++)).resolve(own == null ? Path.of("root") : own);
        if (!Files.isDirectory(path)) {
            files.put(name.toString(), path);
            return name.toString();
        }
        try (Stream<Path> inside = Files.walk(path, FileVisitOption.FOLLOW_LINKS)) {
            // A folder without files may be a class.
            inside.filter(file -> Files.isRegularFile(file) || Files.isDirectory(file))
                    .forEach(file -> files.put(
                            name.resolve(path.relativize(file).toString()).toString(), file));
        } catch (IOException | UncheckedIOException e) {
            throw new InvalidInputException("'" + path + "' cannot be read: " + e.getMessage() + ".", e);
        }
        return name.toString();
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
