package dev.wsvd.cli;

import dev.wsvd.domain.error.Printable;
import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.domain.spi.ProgressListener;
import dev.wsvd.report.Units;
import java.io.PrintStream;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Progress as plain lines, for logs: one for each evaluation, else one every few seconds, in the first minute every five, then more
 * rarely, at last once a minute.
 */
final class ProgressLines implements ProgressListener {
    private static final long OFTEN = TimeUnit.SECONDS.toNanos(5);
    private static final long RARELY = TimeUnit.MINUTES.toNanos(1);
    /** Later on, a line comes once this part of the time before the last one has passed. */
    private static final int PART = 12;

    private final PrintStream err;
    private final LongSupplier nanoTime;
    private final long start;
    private long said;
    private String share = "0 %";

    ProgressLines(PrintStream err) {
        this(err, System::nanoTime);
    }

    ProgressLines(PrintStream err, LongSupplier nanoTime) {
        this.err = err;
        this.nanoTime = nanoTime;
        this.start = nanoTime.getAsLong();
        this.said = start;
    }

    @Override
    public void onEvent(ProgressEvent event) {
        if (event instanceof ProgressEvent.Notice notice) {
            err.println("note: " + Printable.message(notice.text()));
        } else if (event instanceof ProgressEvent.Evaluated evaluated) {
            say(share + ": " + Printable.name(evaluated.name()) + " scores " + Units.score(evaluated.score()));
        } else if (event instanceof ProgressEvent.Advanced run && run.share() < 1) {
            share = ProgressText.share(run);
            if (nanoTime.getAsLong() - said >= pause()) {
                say(ProgressText.of(run));
            }
        }
    }

    private long pause() {
        return Math.max(OFTEN, Math.min(RARELY, (said - start) / PART));
    }

    private void say(String line) {
        err.println(line);
        said = nanoTime.getAsLong();
    }
}
