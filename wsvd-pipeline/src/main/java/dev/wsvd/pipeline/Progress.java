package dev.wsvd.pipeline;

import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import dev.wsvd.domain.spi.ProgressListener;
import java.util.OptionalDouble;

/** Tells the listener. */
record Progress(ProgressListener listener) {
    void started(Stage stage, int total) {
        listener.onEvent(new ProgressEvent.Started(stage, total));
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
