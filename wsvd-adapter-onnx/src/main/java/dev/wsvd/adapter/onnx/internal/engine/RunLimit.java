package dev.wsvd.adapter.onnx.internal.engine;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Options with which a run ends, by an error, when its time is up. The engine looks between two nodes, in bodies too. */
final class RunLimit implements AutoCloseable {
    private static final ScheduledThreadPoolExecutor CLOCK = new ScheduledThreadPoolExecutor(1, task -> {
        Thread thread = new Thread(task, "wsvd-run-limit");
        thread.setDaemon(true);
        return thread;
    });

    static {
        CLOCK.setRemoveOnCancelPolicy(true);
    }

    private final OrtSession.RunOptions options = new OrtSession.RunOptions();
    private final Future<?> end;
    private boolean over;
    private boolean closed;

    RunLimit(Duration limit) throws OrtException {
        this.end = CLOCK.schedule(this::end, limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    private synchronized void end() {
        if (closed) {
            return;
        }
        over = true;
        try {
            options.setTerminate(true);
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime cannot end a run: " + OrtEngineSession.reason(e), e);
        }
    }

    OrtSession.RunOptions options() {
        return options;
    }

    synchronized boolean isOver() {
        return over;
    }

    @Override
    public synchronized void close() {
        closed = true;
        end.cancel(false);
        options.close();
    }
}
