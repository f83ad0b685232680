package dev.wsvd.adapter.onnx.internal.engine;

import java.time.Duration;
import java.util.Map;

/** What runs models: ONNX Runtime, wherever it is. */
public interface Engine {
    /** What a session does to the graph before it runs it. */
    enum Optimization {
        /** Nothing, so that every tensor of the graph can be asked for. */
        NONE,
        /** All it can. */
        FULL
    }

    /**
     * A session of a model.
     *
     * @throws EngineException if ONNX Runtime does not take the model
     * @throws dev.wsvd.domain.error.ModelFormatException if the model cannot be given to ONNX Runtime at all
     */
    EngineSession open(EngineModel model, Optimization optimization) throws EngineException;

    /**
     * The operators that are no ONNX operators but ONNX Runtime's own, such as {@code Attention} or {@code nchwc.Conv}, in what a session
     * runs that does all it can: those that it fuses others into.
     *
     * @return by operator how many there are, also in bodies
     * @throws EngineException if ONNX Runtime does not take the model, or cannot tell
     * @throws dev.wsvd.domain.error.ModelFormatException if the model cannot be given to ONNX Runtime at all
     */
    Map<String, Integer> fusedOperators(EngineModel model) throws EngineException;

    /** This engine, of which all calls together may take no longer than a limit; itself if it has limits of its own. */
    default Engine within(Duration limit) {
        return this;
    }
}
