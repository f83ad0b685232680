package dev.wsvd.adapter.onnx.internal.engine;

import java.time.Duration;

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

    /** This engine, of which all calls together may take no longer than a limit; itself if it has limits of its own. */
    default Engine within(Duration limit) {
        return this;
    }
}
