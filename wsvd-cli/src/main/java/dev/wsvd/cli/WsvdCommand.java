package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.Printable;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.file.UnfinishedFile;
import dev.wsvd.pipeline.resolve.LinkFailures;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The {@code wsvd} command and its exit codes. */
@Command(
        name = "wsvd",
        description = "Makes trained neural networks smaller and faster by low-rank factorization of their layers"
                + " (Weight SVD, Spatial SVD).",
        subcommands = {
            InspectCommand.class,
            CompressCommand.class,
            QuantizeCommand.class,
            EvaluateCommand.class,
            CompareCommand.class,
            WatchCommand.class,
            ProvidersCommand.class,
            DemoCommand.class
        },
        synopsisSubcommandLabel = "COMMAND",
        footerHeading = "%nExamples:%n",
        footer = {
            "  ${ROOT-COMMAND-NAME} demo",
            "  ${ROOT-COMMAND-NAME} inspect model.onnx",
            "  ${ROOT-COMMAND-NAME} compress model.onnx -o small.onnx --target 0.5 \\",
            "       --data images.npy --labels labels.npy",
            "",
            "Exit codes: 0 success, 1 failure, 2 invalid call or input,",
            "            3 target cannot be met."
        })
public final class WsvdCommand implements Runnable {
    static final int DONE = 0;
    static final int FAILED = 1;
    static final int WRONG_CALL = 2;
    static final int UNREACHABLE = 3;
    /** What Ctrl-C ends a JVM with. */
    private static final int INTERRUPTED = 130;

    private final Console console;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Show this help.")
    private boolean help;

    @Option(names = "--version", versionHelp = true, description = "Show the version.")
    private boolean version;

    @Option(
            names = "--json",
            scope = ScopeType.INHERIT,
            description = "Print the result as one JSON document instead of text.")
    private boolean json;

    @Option(
            names = {"-q", "--quiet"},
            scope = ScopeType.INHERIT,
            description = "Print no progress and no notices, only the result and errors.")
    private boolean quiet;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            scope = ScopeType.INHERIT,
            description = "Read options from a JSON file, by their names without dashes; those given here take"
                    + " precedence.")
    private Path config;

    @Option(
            names = "--save-config",
            paramLabel = "FILE",
            scope = ScopeType.INHERIT,
            description = "Write the options of this run as JSON, for --config.")
    private Path saveConfig;

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Show stack traces of errors.")
    private boolean debug;

    @Spec
    private CommandSpec spec;

    WsvdCommand(Console console) {
        this.console = console;
    }

    public static void main(String[] args) {
        if (System.getProperty("java.util.logging.SimpleFormatter.format") == null) {
            System.setProperty("java.util.logging.SimpleFormatter.format", "%5$s%n");
        }
        Console console = new Console(System.out, System.err, Boolean.getBoolean("wsvd.terminal"))
                .interruptedBy(() -> System.exit(INTERRUPTED));
        // Of what is being written when the process is told to end, nothing stays.
        Runtime.getRuntime().addShutdownHook(new Thread(UnfinishedFile::discardAll));
        System.exit(run(console, args));
    }

    /**
     * Runs a command line in this process, as {@link #main} does in its own.
     *
     * @param out where results go
     * @param err where progress, notices and errors go
     * @param args the words after {@code wsvd}
     * @return the exit code: 0 success, 1 failure, 2 invalid call or input, 3 target cannot be met
     */
    public static int run(PrintStream out, PrintStream err, String... args) {
        return run(new Console(out, err, false), args);
    }

    /** Runs the command line given and returns the exit code. */
    static int run(Console console, String... args) {
        WsvdCommand root = new WsvdCommand(console);
        CommandLine line = root.commandLine();
        try {
            Optional<String[]> configured = ConfigFile.addTo(args, new WsvdCommand(console)::commandLine);
            // Then files of arguments are read, and a value that begins with @ is a value.
            line.setExpandAtFiles(configured.isEmpty());
            return line.execute(configured.orElse(args));
        } catch (WsvdException e) {
            return root.failed(e);
        } catch (OutOfMemoryError e) {
            return root.failed(
                    "Not enough memory (" + e.getMessage()
                            + "). Maybe give the JVM more, for instance with WSVD_OPTS=-Xmx8g.",
                    e);
        } catch (InternalError e) {
            // Thrown where a file is mapped into memory and the bytes are no longer there.
            return root.failed(
                    "A file could not be read any more while it was in use (" + e.getMessage()
                            + "). Maybe it was cut short; run again on a copy of it.",
                    e);
        } catch (LinkageError e) {
            return LinkFailures.explain(e).map(root::failed).orElseGet(() -> root.unexpected(e));
        } catch (StackOverflowError e) {
            return root.unexpected(e);
        }
    }

    private CommandLine commandLine() {
        CommandLine line = new CommandLine(this, factory(console));
        line.setCommandName(CommandName.typed());
        line.getCommandSpec().version("wsvd " + WsvdCommand.class.getPackage().getImplementationVersion());
        line.setOut(new PrintWriter(console.out(), true));
        line.setErr(new PrintWriter(console.err(), true));
        line.setUsageHelpAutoWidth(true);
        register(line);
        line.setParameterExceptionHandler((error, given) -> wrongCall(error));
        line.setExecutionExceptionHandler((error, command, result) -> failed(error));
        line.setExecutionStrategy(this::execute);
        return line;
    }

    /** How values of options are read that picocli reads in another way. */
    static void register(CommandLine line) {
        line.registerConverter(BigDecimal.class, number(BigDecimal::new, "a number"));
        line.registerConverter(Double.class, number(Double::valueOf, "a number"));
        line.registerConverter(Integer.class, number(text -> new BigInteger(text).intValueExact(), "a whole number"));
        line.registerConverter(Long.class, number(text -> new BigInteger(text).longValueExact(), "a whole number"));
    }

    private int execute(CommandLine.ParseResult given) {
        console.set(json, quiet, saveConfig);
        try {
            Optional<ConfigFile> saved = ConfigFile.of(given, config, saveConfig);
            int exitCode = new CommandLine.RunLast().execute(given);
            if (exitCode == DONE) {
                saved.ifPresent(ConfigFile::write);
                console.printDocument();
            }
            return exitCode;
        } catch (WsvdException e) {
            throw new CommandLine.ExecutionException(given.commandSpec().commandLine(), e.getMessage(), e);
        } finally {
            console.unset();
        }
    }

    private int unexpected(Error error) {
        return failed("unexpected " + error.getClass().getSimpleName() + ": " + error.getMessage(), error);
    }

    private static <N> CommandLine.ITypeConverter<N> number(Function<String, N> reader, String kind) {
        return text -> {
            try {
                return reader.apply(text);
            } catch (NumberFormatException e) {
                throw new CommandLine.TypeConversionException("'" + text + "' is not " + kind);
            } catch (ArithmeticException e) {
                throw new CommandLine.TypeConversionException("'" + text + "' is out of range");
            }
        };
    }

    /** Without a command: the help. */
    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    private int wrongCall(CommandLine.ParameterException error) {
        PrintStream err = console.err();
        err.println("wsvd: " + error.getMessage());
        StringBuilder near = new StringBuilder();
        if (error instanceof CommandLine.UnmatchedArgumentException unmatched
                && !unmatched.getSuggestions().isEmpty()) {
            near.append("Maybe ")
                    .append(String.join(" or ", unmatched.getSuggestions()))
                    .append("? ");
        }
        err.println(near + "See '" + error.getCommandLine().getCommandSpec().qualifiedName() + " --help'.");
        if (debug) {
            error.printStackTrace(err);
        }
        return WRONG_CALL;
    }

    private int failed(Exception error) {
        failed(
                error instanceof WsvdException
                        ? error.getMessage()
                        : "unexpected " + error.getClass().getSimpleName() + ": "
                                + Printable.message(Objects.requireNonNullElse(error.getMessage(), "no message"))
                                + (debug ? "" : ". Maybe run again with --debug and report it."),
                error);
        if (error instanceof UnreachableTargetException) {
            return UNREACHABLE;
        }
        return error instanceof InvalidInputException ? WRONG_CALL : FAILED;
    }

    private int failed(String message, Throwable error) {
        if (isEnding()) {
            // What fails now fails because the process was told to end.
            return FAILED;
        }
        console.clearLine();
        if (debug) {
            error.printStackTrace(console.err());
        }
        console.err().println("wsvd: " + message);
        return FAILED;
    }

    /** Whether the process was told to end, by a signal: then shutdown hooks can no longer be changed. */
    private static boolean isEnding() {
        try {
            Runtime.getRuntime().removeShutdownHook(new Thread());
            return false;
        } catch (IllegalStateException e) {
            return true;
        }
    }

    /** What makes the commands, each with this console. */
    static CommandLine.IFactory factory(Console console) {
        return new ConsoleFactory(console);
    }

    /** Gives every command the console. */
    private record ConsoleFactory(Console console) implements CommandLine.IFactory {
        @Override
        public <K> K create(Class<K> type) throws Exception {
            if (!type.isAnnotationPresent(Command.class) || type.getPackage() != WsvdCommand.class.getPackage()) {
                return CommandLine.defaultFactory().create(type);
            }
            return type.getDeclaredConstructor(Console.class).newInstance(console);
        }
    }
}
