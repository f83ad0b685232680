package dev.wsvd.report;

import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.domain.spi.ProgressListener;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.json.JsonStats;
import dev.wsvd.json.RunStatus;
import dev.wsvd.json.RunStatus.End;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A page that shows a run while it goes on, to browsers of this machine that know its address: how far it is, scores as they are made, at
 * last its report. The page stays as it is when this is closed.
 *
 * <pre>{@code
 * try (LivePage page = LivePage.open(0)) {
 *     System.err.println(page.address());
 *     CompressionResult<M> result = compressor.listener(page).compress();
 *     page.finish(JsonStats.toJson(result.stats()));
 * }
 * }</pre>
 */
public final class LivePage implements ProgressListener, AutoCloseable {
    private static final System.Logger LOG = System.getLogger(LivePage.class.getPackageName());
    private static final long OFTEN = TimeUnit.MILLISECONDS.toNanos(500);
    /** A report so far is made once it has taken at most this part of the time. */
    private static final int PART = 20;

    private static final long FAREWELL_MS = 2_000;

    private final LiveFeed feed = new LiveFeed();
    private final LiveServer server;
    private RunStatus status = RunStatus.of("reading");
    private Optional<Runnable> stop = Optional.empty();
    /** Holds the run from the moment that it is stopped, so that it does not end as if it had not been. */
    private volatile CountDownLatch stopping = new CountDownLatch(0);

    private Optional<Supplier<CompressionStats>> draft = Optional.empty();
    private long due = System.nanoTime();

    private LivePage(int port) {
        tell(status);
        this.server = new LiveServer(port, feed, this::stop);
    }

    /**
     * Serves a page from now on.
     *
     * @param port 0 for any that is free
     * @throws dev.wsvd.domain.error.InvalidInputException if the port cannot be had
     */
    public static LivePage open(int port) {
        return new LivePage(port);
    }

    /** Where the page is. Whoever knows it can see the run, and stop it. */
    public URI address() {
        return server.address();
    }

    /**
     * Gives the page a button that stops the run.
     *
     * @param action ends the run; called by another thread than the run's, once
     * @param kept what is kept of the run then, in a sentence
     */
    public synchronized LivePage stoppable(Runnable action, String kept) {
        stop = Optional.of(action);
        tell(status.keeping(kept));
        return this;
    }

    /** Waits for the run to be stopped if somebody just asked for that. */
    @Override
    public void onEvent(ProgressEvent event) {
        hold();
        show(event);
    }

    private void hold() {
        try {
            stopping.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void show(ProgressEvent event) {
        if (event instanceof ProgressEvent.Advanced run) {
            String doing = StageNames.doing(run.stage());
            tell(status.at(run.share(), run.left(), run.name().isEmpty() ? doing : doing + " " + run.name()));
        } else if (event instanceof ProgressEvent.Evaluated score) {
            tell(status.with(score));
        } else if (event instanceof ProgressEvent.Drafted drafted) {
            draft = Optional.of(drafted.report());
        }
        if (draft.isPresent() && status.end().isEmpty() && System.nanoTime() - due >= 0) {
            draw(draft.get());
            draft = Optional.empty();
        }
    }

    /** A run of hours does not end because a picture of it cannot be made. */
    private void draw(Supplier<CompressionStats> report) {
        long start = System.nanoTime();
        try {
            String soFar = JsonStats.toJson(report.get());
            feed.figures("draft", () -> soFar);
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "The live page lacks the figures of now: " + e.getMessage(), e);
        }
        long end = System.nanoTime();
        due = end + Math.max(OFTEN, PART * (end - start));
    }

    /** Shows scores that another run made so far, and what is done now: the text of a scores file. */
    public synchronized void showScores(String json, String doing) {
        feed.figures("scores", () -> json);
        tell(new RunStatus(status.share(), status.left(), doing, status.last(), status.kept(), status.end()));
    }

    /**
     * Shows the report that the run ends with, unless it is being stopped.
     *
     * @param json the text of a stats file or of a curve
     */
    public void finish(String json) {
        synchronized (this) {
            if (status.end().isEmpty()) {
                feed.figures("report", () -> json);
                end(End.DONE);
            }
        }
        hold();
    }

    private void stop() {
        Optional<Runnable> action;
        synchronized (this) {
            action = status.end().isEmpty() ? stop : Optional.empty();
            action.ifPresent(it -> {
                stopping = new CountDownLatch(1);
                end(End.STOPPED);
            });
        }
        action.ifPresent(it -> {
            try {
                awaitReaders();
                it.run();
            } finally {
                stopping.countDown();
            }
        });
    }

    private void end(End how) {
        tell(status.ended(how));
        feed.end();
    }

    private void tell(RunStatus now) {
        status = now;
        feed.status(now::toJson);
    }

    private void awaitReaders() {
        try {
            feed.awaitReaders(FAREWELL_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Tells the page that the run is over, without a result if it is not {@linkplain #finish finished}, and serves it no more. */
    @Override
    public void close() {
        hold();
        synchronized (this) {
            if (status.end().isEmpty()) {
                end(End.FAILED);
            }
        }
        awaitReaders();
        server.close();
    }
}
