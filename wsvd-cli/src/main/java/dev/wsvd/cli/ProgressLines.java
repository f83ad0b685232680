package dev.wsvd.cli;

import dev.wsvd.domain.error.Printable;
import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.domain.spi.ProgressListener;
import dev.wsvd.report.StageNames;
import dev.wsvd.report.Units;
import java.io.PrintStream;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Progress as plain lines, for logs: one per stage and one per evaluation; of other steps that take long one every few seconds, with how
 * far the stage is and how long it has to go.
 */
final class ProgressLines implements ProgressListener {
    private static final long EVERY = TimeUnit.SECONDS.toNanos(5);

    private final PrintStream err;
    private final LongSupplier nanoTime;
    private long started;
    private long said;

    ProgressLines(PrintStream err) {
        this(err, System::nanoTime);
    }

    ProgressLines(PrintStream err, LongSupplier nanoTime) {
        this.err = err;
        this.nanoTime = nanoTime;
    }

    @Override
    public void onEvent(ProgressEvent event) {
        if (event instanceof ProgressEvent.Notice notice) {
            err.println("note: " + Printable.message(notice.text()));
        } else if (event instanceof ProgressEvent.Started stage && stage.total() > 0) {
            err.println(StageNames.doing(stage.stage()) + " (" + stage.total() + ")");
            started = nanoTime.getAsLong();
            said = started;
        } else if (event instanceof ProgressEvent.Advanced step) {
            say(step);
        }
    }

    private void say(ProgressEvent.Advanced step) {
        long now = nanoTime.getAsLong();
        String line = step.done() + "/" + step.total() + "  " + Printable.name(step.name());
        if (step.score().isPresent()) {
            err.println(line + ": " + Units.score(step.score().getAsDouble()));
            said = now;
        } else if (now - said >= EVERY && step.done() > 0 && step.done() < step.total()) {
            double left = (now - started) / 1e9 / step.done() * (step.total() - step.done());
            err.println(line + ", " + Units.seconds(left) + " left");
            said = now;
        }
    }
}
