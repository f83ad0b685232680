package dev.wsvd.cli;

import dev.wsvd.domain.spi.ProgressListener;
import java.io.PrintStream;

/**
 * Where a command writes: results to {@code out}, progress and notices to {@code err}.
 *
 * @param terminal whether a person is watching {@code err}
 */
record Console(PrintStream out, PrintStream err, boolean terminal) {
    /** Takes an unfinished progress bar off the screen. */
    void clearLine() {
        if (terminal) {
            err.print(ProgressBar.CLEAR_LINE);
        }
    }

    ProgressListener progress() {
        return terminal ? new ProgressBar(err) : new ProgressLines(err);
    }
}
