package dev.wsvd.adapter.onnx.internal.engine;

/** ONNX Runtime in this process. */
public final class OrtEngine implements Engine {
    @Override
    public EngineSession open(EngineModel model, Optimization optimization) throws EngineException {
        return OrtEngineSession.open(model.serialized(), model.weights(), optimization);
    }
}
