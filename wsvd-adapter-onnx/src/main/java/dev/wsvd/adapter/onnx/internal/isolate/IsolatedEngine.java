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

/**
 * ONNX Runtime in a process of its own. Calls go there one after the other, so that its end is always that of one call; sessions that
 * were open load their models again.
 */
public final class IsolatedEngine implements Engine {
    private static final Engine HERE = new OrtEngine();

    private final EngineProcess process;
    private final OptionalInt threads;

    private IsolatedEngine(EngineProcess process, OptionalInt threads) {
        this.process = process;
        this.threads = threads;
    }

    /** The engine with these limits, whose process is the same each time; without limits, ONNX Runtime in this process. */
    public static Engine of(Optional<Isolation> limits) {
        return limits.<Engine>map(
                        some -> new IsolatedEngine(EngineProcess.of(some, OptionalInt.empty()), OptionalInt.empty()))
                .orElse(HERE);
    }

    /**
     * The engine of a worker, with so many threads.
     *
     * @param worker its number; one has the same process each time, whatever its threads
     */
    public static Engine of(Optional<Isolation> limits, int worker, int threads) {
        return limits.<Engine>map(some ->
                        new IsolatedEngine(EngineProcess.of(some, OptionalInt.of(worker)), OptionalInt.of(threads)))
                .orElseGet(() -> new OrtEngine(threads));
    }

    /** Ends the process of a worker, if it has one. What goes on to use it has another then. */
    public static void end(Isolation limits, int worker) {
        EngineProcess.of(limits, OptionalInt.of(worker)).end();
    }

    @Override
    public EngineSession open(EngineModel model, Optimization optimization) throws EngineException {
        return new IsolatedSession(process, model, optimization, threads);
    }

    @Override
    public Map<String, Integer> fusedOperators(EngineModel model) throws EngineException {
        Request.Fuse request = new Request.Fuse(model.serialized(), model.weights());
        synchronized (process) {
            return ((Answer.Fused) process.child().ask("optimising", request)).operators();
        }
    }
}
