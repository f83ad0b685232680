package dev.wsvd.adapter.onnx.internal.isolate;

import dev.wsvd.domain.spi.Isolation;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The place of a process for ONNX Runtime, started when first needed and again after its end. A JVM has one for each worker with the same
 * limits, and one for all that is of no worker.
 */
final class EngineProcess {
    private static final Map<Key, EngineProcess> ALL = new ConcurrentHashMap<>();

    private record Key(Isolation limits, OptionalInt worker) {}

    private final Isolation limits;
    private Child child;

    private EngineProcess(Key key) {
        this.limits = key.limits();
    }

    /** @param worker its number; empty for what is of no worker */
    static EngineProcess of(Isolation limits, OptionalInt worker) {
        return ALL.computeIfAbsent(new Key(limits, worker), EngineProcess::new);
    }

    /** The process that does the next call. Call this, and use it, while holding this object's lock. */
    Child child() {
        if (child != null && !child.isAlive()) {
            child.end();
            child = null;
        }
        if (child == null) {
            child = Child.start(limits);
        }
        return child;
    }

    /** Ends it when the call that it is at is done; the next call starts another. */
    synchronized void end() {
        if (child != null) {
            child.kill();
            child = null;
        }
    }
}
