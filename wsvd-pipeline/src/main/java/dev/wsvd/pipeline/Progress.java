package dev.wsvd.pipeline;

import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import dev.wsvd.domain.spi.ProgressListener;
import dev.wsvd.domain.stats.CompressionStats;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Supplier;

/** Tells the listener how far a run is, one event after the other whatever thread tells, and measures how long its stages take. */
final class Progress {
    private final ProgressListener listener;
    private final Forecast forecast = new Forecast(System::nanoTime);
    private Optional<Supplier<CompressionStats>> draft = Optional.empty();
    private Stage stage = Stage.OPEN;
    private String name = "";

    Progress(ProgressListener listener) {
        this.listener = listener;
    }

    /** Measures what is no step of its own: too short, or of unknown length. */
    <T> T time(Stage of, Supplier<T> work) {
        begin(of, 0);
        try {
            return work.get();
        } finally {
            end();
        }
    }

    CompressionStats.Seconds seconds() {
        return new CompressionStats.Seconds(
                seconds(Stage.OPEN),
                seconds(Stage.CALIBRATE, Stage.WEIGH, Stage.CORRECT),
                seconds(Stage.DECOMPOSE, Stage.REPLACE, Stage.FINISH),
                seconds(Stage.EVALUATE, Stage.MEASURE, Stage.TIME),
                seconds(Stage.SELECT),
                seconds(Stage.FINE_TUNE),
                0);
    }

    private synchronized double seconds(Stage... stages) {
        return Arrays.stream(stages).mapToDouble(forecast::seconds).sum();
    }

    /** Says how much work of a stage is to come; see {@link Workload}. */
    synchronized void expect(Stage of, double work) {
        forecast.expect(of, work);
    }

    /** Makes a step. */
    <T> T step(Stage of, String about, double work, Supplier<T> action) {
        begin(of, work);
        doing(of, about);
        try {
            return action.get();
        } finally {
            end();
            tell();
        }
    }

    private synchronized void begin(Stage of, double work) {
        forecast.begin(of, work);
    }

    private synchronized void end() {
        forecast.end();
    }

    /** Says that work of a stage is done, by whatever thread, beside the step that goes on. */
    synchronized void did(Stage of, double work) {
        forecast.did(of, work);
        tell();
    }

    /** Says that so much more of the step that goes on is done. */
    synchronized void advance(double part) {
        forecast.advance(part);
        tell();
    }

    /** Hears what does the step that goes on tell how far it is, and what it is doing. */
    ProgressListener within() {
        return new ProgressListener() {
            private double reached;

            @Override
            public void onEvent(ProgressEvent event) {
                if (event instanceof ProgressEvent.Advanced part) {
                    stage = part.stage();
                    name = part.name();
                    advance(part.share() - reached);
                    reached = part.share();
                } else {
                    listener.onEvent(event);
                }
            }
        };
    }

    /** Says what the run does now. */
    synchronized void doing(Stage of, String about) {
        stage = of;
        name = about;
        tell();
    }

    private synchronized void tell() {
        double share = forecast.share();
        OptionalDouble left = forecast.secondsLeft();
        tell(share, left.isPresent() ? Optional.of(duration(left.getAsDouble())) : Optional.empty());
    }

    private static Duration duration(double seconds) {
        return Duration.ofMillis(Math.round(1000 * seconds));
    }

    private void tell(double share, Optional<Duration> left) {
        listener.onEvent(new ProgressEvent.Advanced(share, left, stage, name));
    }

    /** The run is done. */
    synchronized void done() {
        tell(1, Optional.of(Duration.ZERO));
    }

    synchronized void evaluated(String what, double score) {
        listener.onEvent(new ProgressEvent.Evaluated(what, score));
        drafted();
    }

    /** Says that there is a report so far from now on. */
    synchronized void draftedBy(Supplier<CompressionStats> report) {
        draft = Optional.of(report);
        drafted();
    }

    private void drafted() {
        draft.ifPresent(report -> listener.onEvent(new ProgressEvent.Drafted(report)));
    }

    synchronized void notice(String text) {
        listener.onEvent(new ProgressEvent.Notice(text));
    }
}
