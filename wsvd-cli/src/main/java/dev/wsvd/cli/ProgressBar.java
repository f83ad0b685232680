package dev.wsvd.cli;

import dev.wsvd.domain.error.Printable;
import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.domain.spi.ProgressListener;

/** One line that is redrawn: how far the run is, how long to go, what it is doing. */
final class ProgressBar implements ProgressListener {
    private static final int WIDTH = 24;
    static final String CLEAR_LINE = "\r\u001b[K";

    private final PrintableStream err;
    private String shown = "";

    ProgressBar(PrintableStream err) {
        this.err = err;
    }

    @Override
    public void onEvent(ProgressEvent event) {
        if (event instanceof ProgressEvent.Advanced run) {
            draw(run);
        } else if (event instanceof ProgressEvent.Notice notice) {
            err.control(CLEAR_LINE);
            err.println("note: " + Printable.message(notice.text()));
            shown = "";
        }
    }

    private void draw(ProgressEvent.Advanced run) {
        String line = run.share() < 1 ? bar(run.share()) + " " + ProgressText.of(run) : "";
        if (!line.equals(shown)) {
            err.control(CLEAR_LINE);
            err.print(line);
            err.flush();
            shown = line;
        }
    }

    private static String bar(double share) {
        int filled = (int) (WIDTH * share);
        return "[" + "#".repeat(filled) + ".".repeat(WIDTH - filled) + "]";
    }
}
