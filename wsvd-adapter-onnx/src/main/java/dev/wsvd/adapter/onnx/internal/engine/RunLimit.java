package dev.wsvd.adapter.onnx.internal.engine;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.time.Duration;
import java.util.Timer;
import java.util.TimerTask;

/** Options with which a run ends, by an error, when its time is up. The engine looks between two nodes, in bodies too. */
final class RunLimit implements AutoCloseable {
    private final OrtSession.RunOptions options = new OrtSession.RunOptions();
    private final Timer timer = new Timer("wsvd-run-limit", true);
    private boolean over;
    private boolean closed;

    RunLimit(Duration limit) throws OrtException {
        timer.schedule(
                new TimerTask() {
                    @Override
                    public void run() {
                        end();
                    }
                },
                limit.toMillis());
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
        timer.cancel();
        options.close();
    }
}
