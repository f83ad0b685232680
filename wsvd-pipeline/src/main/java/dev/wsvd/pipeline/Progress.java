package dev.wsvd.pipeline;

import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import dev.wsvd.domain.spi.ProgressListener;
import dev.wsvd.domain.stats.CompressionStats;
import java.util.OptionalDouble;
import java.util.function.Supplier;

/** Tells the listener how far a run is, and measures how long its stages take. */
final class Progress {
    private final ProgressListener listener;
    private final Stopwatch stopwatch = new Stopwatch();

    Progress(ProgressListener listener) {
        this.listener = listener;
    }

    <T> T time(Stage stage, Supplier<T> work) {
        return stopwatch.time(stage, work);
    }

    CompressionStats.Seconds seconds() {
        return stopwatch.seconds();
    }

    void started(Stage stage, int total) {
        listener.onEvent(new ProgressEvent.Started(stage, total));
    }

    void advanced(Stage stage, int done, int total, String name) {
        advanced(stage, done, total, name, OptionalDouble.empty());
    }

    void advanced(Stage stage, int done, int total, String name, OptionalDouble score) {
        listener.onEvent(new ProgressEvent.Advanced(stage, done, total, name, score));
    }

    void finished(Stage stage) {
        listener.onEvent(new ProgressEvent.Finished(stage));
    }

    void notice(String text) {
        listener.onEvent(new ProgressEvent.Notice(text));
    }
}
