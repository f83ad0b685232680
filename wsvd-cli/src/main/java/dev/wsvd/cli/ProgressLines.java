package dev.wsvd.cli;

import dev.wsvd.domain.error.Printable;
import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.domain.spi.ProgressListener;
import dev.wsvd.report.StageNames;
import dev.wsvd.report.Units;
import java.io.PrintStream;

/** Progress as plain lines, for logs: one per evaluation, one per stage otherwise. */
final class ProgressLines implements ProgressListener {
    private final PrintStream err;

    ProgressLines(PrintStream err) {
        this.err = err;
    }

    @Override
    public void onEvent(ProgressEvent event) {
        if (event instanceof ProgressEvent.Notice notice) {
            err.println("note: " + Printable.message(notice.text()));
        } else if (event instanceof ProgressEvent.Started started && started.total() > 0) {
            err.println(StageNames.doing(started.stage()) + " (" + started.total() + ")");
        } else if (event instanceof ProgressEvent.Advanced step && step.score().isPresent()) {
            err.println(step.done() + "/" + step.total() + "  " + Printable.name(step.name()) + ": "
                    + Units.score(step.score().getAsDouble()));
        }
    }
}
