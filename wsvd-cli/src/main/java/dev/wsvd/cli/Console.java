package dev.wsvd.cli;

import dev.wsvd.domain.spi.ProgressListener;
import java.io.PrintStream;

/**
 * Where a command writes: results to {@code out}, progress and notices to {@code err}.
 *
 * @param terminal whether a person is watching {@code err}
 */
record Console(PrintableStream out, PrintableStream err, boolean terminal) {
    Console(PrintStream out, PrintStream err, boolean terminal) {
        this(new PrintableStream(out), new PrintableStream(err), terminal);
    }

    /** Takes an unfinished progress bar off the screen. */
    void clearLine() {
        if (terminal) {
            err.control(ProgressBar.CLEAR_LINE);
        }
    }

    ProgressListener progress() {
        return terminal ? new ProgressBar(err) : new ProgressLines(err);
    }
}
