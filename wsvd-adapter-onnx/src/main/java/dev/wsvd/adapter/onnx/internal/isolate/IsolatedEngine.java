package dev.wsvd.adapter.onnx.internal.isolate;

import dev.wsvd.adapter.onnx.internal.engine.Engine;
import dev.wsvd.adapter.onnx.internal.engine.EngineException;
import dev.wsvd.adapter.onnx.internal.engine.EngineModel;
import dev.wsvd.adapter.onnx.internal.engine.EngineSession;
import dev.wsvd.adapter.onnx.internal.engine.OrtEngine;
import dev.wsvd.domain.spi.Isolation;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;

/**
 * ONNX Runtime in a process of its own, started when first needed and again after its end. Calls go there one after the other,
 * so that its end is always that of one call; sessions that were open load their models again.
 */
public final class IsolatedEngine implements Engine {
    private static final Engine HERE = new OrtEngine();
    private static final Map<Key, Engine> ISOLATED = new ConcurrentHashMap<>();

    /** @param worker absent in the process of those that are no workers, as threads are then */
    private record Key(Isolation limits, OptionalInt worker, OptionalInt threads) {}

    private final Isolation limits;
    private final OptionalInt threads;
    private Child child;

    private IsolatedEngine(Key key) {
        this.limits = key.limits();
        this.threads = key.threads();
    }

    /** The engine with these limits, of which a JVM has one; without limits, ONNX Runtime in this process. */
    public static Engine of(Optional<Isolation> limits) {
        return limits.map(l -> isolated(new Key(l, OptionalInt.empty(), OptionalInt.empty())))
                .orElse(HERE);
    }

    /**
     * The engine of a worker, with so many threads.
     *
     * @param worker its number; one has the same process each time
     */
    public static Engine of(Optional<Isolation> limits, int worker, int threads) {
        return limits.map(l -> isolated(new Key(l, OptionalInt.of(worker), OptionalInt.of(threads))))
                .orElseGet(() -> new OrtEngine(threads));
    }

    private static Engine isolated(Key key) {
        return ISOLATED.computeIfAbsent(key, IsolatedEngine::new);
    }

    @Override
    public EngineSession open(EngineModel model, Optimization optimization) throws EngineException {
        return new IsolatedSession(this, model, optimization);
    }

    @Override
    public synchronized Map<String, Integer> fusedOperators(EngineModel model) throws EngineException {
        Request.Fuse request = new Request.Fuse(model.serialized(), model.weights());
        return ((Answer.Fused) child().ask("optimising", request)).operators();
    }

    /** The process that does the next call. Call this, and use it, while holding this object's lock. */
    Child child() {
        if (child != null && !child.isAlive()) {
            child.end();
            child = null;
        }
        if (child == null) {
            child = Child.start(limits, threads);
        }
        return child;
    }
}
