package dev.wsvd.adapter.onnx.internal.engine;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** ONNX Runtime in this process with a number of threads, without limits, so that nothing but the runs takes time. */
public final class ThreadedEngine implements Engine {
    private final int threads;
    private final Optional<Path> profile;

    private ThreadedEngine(int threads, Optional<Path> profile) {
        this.threads = threads;
        this.profile = profile;
    }

    /** Computes with so many threads. */
    public static Engine of(int threads) {
        return new ThreadedEngine(threads, Optional.empty());
    }

    /**
     * The same, with ONNX Runtime's profile.
     *
     * @param profile what the name of the file begins with that is written when a session is closed
     */
    public static Engine profiled(int threads, Path profile) {
        return new ThreadedEngine(threads, Optional.of(profile));
    }

    /** Of whatever optimization: a session that is timed does all it can. */
    @Override
    public EngineSession open(EngineModel model, Optimization optimization) throws EngineException {
        return OrtEngineSession.open(model.serialized(), model.weights(), threads, profile);
    }

    @Override
    public Map<String, Integer> fusedOperators(EngineModel model) throws EngineException {
        return OrtEngineSession.fusedOperators(model.serialized(), model.weights());
    }
}
