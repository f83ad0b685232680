package dev.wsvd.cli;

import dev.wsvd.domain.error.Printable;
import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.report.StageNames;
import dev.wsvd.report.Units;
import java.time.Duration;

/** Progress in words: {@code 42 %, 1 min 10 s left: correcting conv2}. */
final class ProgressText {
    private ProgressText() {}

    static String of(ProgressEvent.Advanced run) {
        String doing = StageNames.doing(run.stage());
        return share(run) + ": " + (run.name().isEmpty() ? doing : doing + " " + Printable.name(run.name()));
    }

    /** How far a run is, and how long it has to go if that is known. */
    static String share(ProgressEvent.Advanced run) {
        String share = (int) (100 * run.share()) + " %";
        return run.left().map(left -> share + ", " + left(left) + " left").orElse(share);
    }

    private static String left(Duration left) {
        return Units.wholeSeconds(Math.max(1, Math.round(left.toMillis() / 1000.0)));
    }
}
