package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.file.FileIdentity;
import dev.wsvd.domain.file.WholeFile;
import dev.wsvd.json.JsonConfig;
import dev.wsvd.json.JsonConfig.Key;
import dev.wsvd.json.JsonConfig.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/**
 * The options of a run in a file: those it reads become words of the command line, so that they are checked as if they were typed.
 *
 * @param file where the options of this run go
 * @param given the run
 */
record ConfigFile(Path file, ParseResult given) {
    private static final String CONFIG = "--config";
    private static final String SAVE_CONFIG = "--save-config";
    private static final List<String> LEFT_OUT = List.of(CONFIG, SAVE_CONFIG, "--help", "--version");

    /**
     * The words of a command line with the options of the file that they name.
     *
     * @param commands makes a command line to parse them with
     * @return absent if they name none
     * @throws InvalidInputException if the file cannot be read, or is not for this command
     */
    static Optional<String[]> addTo(String[] words, Supplier<CommandLine> commands) {
        // Parsing twice takes time, which most calls can do without.
        if (Arrays.stream(words).noneMatch(word -> word.startsWith(CONFIG) || word.startsWith("@"))) {
            return Optional.empty();
        }
        CommandLine line = commands.get();
        // What is missing may be in the file, and what is wrong is told when all are parsed.
        line.getCommandSpec().parser().collectErrors(true);
        line.getSubcommands()
                .values()
                .forEach(sub -> sub.getCommandSpec().parser().collectErrors(true));
        ParseResult typed = line.parseArgs(words);
        Path file = value(typed, CONFIG);
        if (file == null || command(typed).isUsageHelpRequested()) {
            return Optional.empty();
        }
        if (!typed.hasSubcommand()) {
            throw new InvalidInputException(CONFIG + " " + file
                    + " holds the options of a command, and none is given. Maybe add it, such as compress.");
        }
        return Optional.of(withOptions(typed, file));
    }

    private static String[] withOptions(ParseResult typed, Path file) {
        CommandSpec command = command(typed).commandSpec();
        Map<Key, List<String>> read = JsonConfig.read(
                file, command.name(), args(command).map(ConfigFile::key).toList());
        List<String> options = command.options().stream()
                .filter(option -> !isGiven(typed, option) && read.containsKey(key(option)))
                .flatMap(option -> read.get(key(option)).stream().flatMap(value -> words(option, value)))
                .toList();
        // Those that were typed are the first ones; what comes behind one that is missing would be taken for it.
        List<String> parameters = command.positionalParameters().stream()
                .filter(parameter -> !isGiven(typed, parameter))
                .takeWhile(parameter -> read.containsKey(key(parameter)))
                .flatMap(parameter -> read.get(key(parameter)).stream())
                .toList();
        List<String> words = new ArrayList<>(typed.expandedArgs());
        int end = words.indexOf("--");
        words.addAll(end < 0 ? words.size() : end, options);
        if (end < 0 && !parameters.isEmpty()) {
            words.add("--");
        }
        words.addAll(parameters);
        return words.toArray(String[]::new);
    }

    private static Stream<String> words(OptionSpec option, String value) {
        Key key = key(option);
        if (key.kind() != Kind.FLAG) {
            return Stream.of(option.longestName() + "=" + value);
        }
        if (Boolean.parseBoolean(value)) {
            return Stream.of(option.longestName());
        }
        return option.negatable() ? Stream.of("--no-" + key.name()) : Stream.empty();
    }

    /**
     * Where the options of a run go, if they go anywhere.
     *
     * @param config the file they were read from; null if they were not
     * @param file null if they go nowhere
     * @throws InvalidInputException if they cannot be written there, or one of these files is used for something else too
     */
    static Optional<ConfigFile> of(ParseResult given, Path config, Path file) {
        for (ArgSpec arg : command(given).matchedArgs()) {
            if (arg.getValue() instanceof Path other) {
                requireApart(arg, other, CONFIG, config);
                requireApart(arg, other, SAVE_CONFIG, file);
            }
        }
        if (file == null || !given.hasSubcommand() || command(given).isUsageHelpRequested()) {
            return Optional.empty();
        }
        WholeFile.requireWritable(file);
        return Optional.of(new ConfigFile(file, given));
    }

    private static void requireApart(ArgSpec arg, Path other, String option, Path file) {
        String name = arg instanceof OptionSpec named ? named.longestName() : arg.paramLabel();
        if (file != null && !name.equals(option) && FileIdentity.isSame(file, other)) {
            throw new InvalidInputException(
                    option + " and " + name + " name the same file, '" + file + "'. Maybe use another name for one.");
        }
    }

    /** Writes the options of the run, those read from a file too. */
    void write() {
        Map<Key, List<String>> values = new LinkedHashMap<>();
        ParseResult command = command(given);
        // Parameters first, as people type them.
        Stream.concat(
                        command.matchedPositionals().stream(),
                        args(command.commandSpec()).filter(arg -> arg instanceof OptionSpec && isGiven(given, arg)))
                .forEach(arg -> values.put(key(arg), values(arg)));
        JsonConfig.write(file, command.commandSpec().name(), values);
    }

    private static List<String> values(ArgSpec arg) {
        return key(arg).kind() == Kind.FLAG
                ? List.of(String.valueOf(arg.<Object>getValue()))
                : arg.originalStringValues();
    }

    /** What a file may say, in the order of the command's own. */
    private static Stream<ArgSpec> args(CommandSpec command) {
        return Stream.concat(
                command.positionalParameters().stream(),
                command.options().stream().filter(option -> !LEFT_OUT.contains(option.longestName())));
    }

    private static Key key(ArgSpec arg) {
        String name = arg instanceof OptionSpec option
                ? option.longestName().substring(2)
                : ((PositionalParamSpec) arg).paramLabel().toLowerCase(Locale.ROOT);
        Class<?> type = arg.type();
        Kind kind = type == boolean.class || type == Boolean.class
                ? Kind.FLAG
                : Number.class.isAssignableFrom(type) ? Kind.NUMBER : Kind.TEXT;
        return new Key(name, kind, arg.isMultiValue());
    }

    private static boolean isGiven(ParseResult given, ArgSpec arg) {
        if (arg instanceof OptionSpec option) {
            return command(given).hasMatchedOption(option) || given.hasMatchedOption(option.longestName());
        }
        return command(given).matchedPositionals().contains(arg);
    }

    private static ParseResult command(ParseResult given) {
        return given.hasSubcommand() ? given.subcommand() : given;
    }

    private static Path value(ParseResult given, String option) {
        return command(given).matchedOptionValue(option, given.<Path>matchedOptionValue(option, null));
    }
}
