package dev.wsvd.cli;

import dev.wsvd.domain.error.Printable;
import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.domain.spi.ProgressListener;
import dev.wsvd.report.StageNames;
import dev.wsvd.report.Units;

/** One line that is redrawn: what is done, how far, how long to go. */
final class ProgressBar implements ProgressListener {
    private static final int WIDTH = 24;
    static final String CLEAR_LINE = "\r\u001b[K";

    private final PrintableStream err;
    private long startNanos;

    ProgressBar(PrintableStream err) {
        this.err = err;
    }

    @Override
    public void onEvent(ProgressEvent event) {
        if (event instanceof ProgressEvent.Started started) {
            startNanos = System.nanoTime();
            draw(StageNames.doing(started.stage()), 0, started.total(), "");
        } else if (event instanceof ProgressEvent.Advanced step) {
            draw(StageNames.doing(step.stage()), step.done(), step.total(), step.name());
        } else if (event instanceof ProgressEvent.Finished) {
            err.control(CLEAR_LINE);
            err.flush();
        } else if (event instanceof ProgressEvent.Notice notice) {
            err.control(CLEAR_LINE);
            err.println("note: " + Printable.message(notice.text()));
        }
    }

    private void draw(String doing, int done, int total, String name) {
        if (total == 0) {
            return;
        }
        int filled = (int) ((long) WIDTH * done / total);
        StringBuilder line = new StringBuilder(doing)
                .append(" [")
                .append("#".repeat(filled))
                .append(".".repeat(WIDTH - filled))
                .append("] ")
                .append(done)
                .append('/')
                .append(total);
        if (done > 0 && done < total) {
            double elapsed = (System.nanoTime() - startNanos) / 1e9;
            line.append(", ")
                    .append(Units.seconds(elapsed / done * (total - done)))
                    .append(" left");
        }
        if (!name.isEmpty()) {
            line.append("  ").append(Printable.name(name));
        }
        err.control(CLEAR_LINE);
        err.print(line.toString());
        err.flush();
    }
}
