package dev.wsvd.cli;

import dev.wsvd.domain.spi.ProgressListener;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Where a command writes: results to {@code out}, as text for people or as one JSON document, progress and notices to {@code err}.
 */
final class Console {
    private final PrintableStream out;
    private final PrintableStream err;
    private final boolean terminal;
    private final Optional<Runnable> interrupt;
    private boolean json;
    private boolean quiet;
    private Level loud;
    private Path config;
    private String document;

    /** @param terminal whether a person is watching {@code err} */
    Console(PrintStream out, PrintStream err, boolean terminal) {
        this(new PrintableStream(out), new PrintableStream(err), terminal, Optional.empty());
    }

    /** The same console of a process that may be ended. */
    Console interruptedBy(Runnable action) {
        return new Console(out, err, terminal, Optional.of(action));
    }

    private Console(PrintableStream out, PrintableStream err, boolean terminal, Optional<Runnable> interrupt) {
        this.out = out;
        this.err = err;
        this.terminal = terminal;
        this.interrupt = interrupt;
    }

    /**
     * What was asked for on the command line.
     *
     * @param savedConfig where the options of the run go; null if nowhere
     */
    void set(boolean forPrograms, boolean errorsOnly, Path savedConfig) {
        json = forPrograms;
        quiet = errorsOnly;
        config = savedConfig;
        if (quiet) {
            loud = Log.WSVD.getLevel();
            Log.WSVD.setLevel(Level.SEVERE);
        }
    }

    /** Lets notices through again: the process may go on. */
    void unset() {
        if (quiet) {
            Log.WSVD.setLevel(loud);
        }
    }

    /** Another call of the command with this one's streams, whose results nobody reads if {@code silent}. */
    int call(boolean silent, String... words) {
        return WsvdCommand.run(
                new Console(silent ? new PrintableStream(nowhere()) : out, err, terminal, interrupt), words);
    }

    /** Results for people: goes nowhere where programs read them. */
    PrintStream out() {
        return json ? nowhere() : out;
    }

    /** Takes the one document that programs read, if they do. */
    void json(Supplier<String> result) {
        if (json) {
            document = result.get();
        }
    }

    /** Prints the document, if there is one: at the end, for a run may fail after its result is there. */
    void printDocument() {
        if (document != null) {
            out.utf8(document);
        }
    }

    boolean printsJson() {
        return json;
    }

    boolean isQuiet() {
        return quiet;
    }

    /** Where the options of the run go, an output like others; null if nowhere. */
    Path savedConfig() {
        return config;
    }

    /** Ends the process as Ctrl-C does; absent where the process is not the command's own. */
    Optional<Runnable> interrupt() {
        return interrupt;
    }

    PrintableStream err() {
        return err;
    }

    /** Takes an unfinished progress bar off the screen. */
    void clearLine() {
        if (terminal) {
            err.control(ProgressBar.CLEAR_LINE);
        }
    }

    ProgressListener progress() {
        if (quiet) {
            return event -> {};
        }
        return terminal ? new ProgressBar(err) : new ProgressLines(err);
    }

    private static PrintStream nowhere() {
        return new PrintStream(OutputStream.nullOutputStream());
    }

    /** Held, so that its level stays. */
    private static final class Log {
        static final Logger WSVD = Logger.getLogger("dev.wsvd");
    }
}
