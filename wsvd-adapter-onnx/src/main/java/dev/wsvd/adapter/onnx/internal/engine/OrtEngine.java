package dev.wsvd.adapter.onnx.internal.engine;

import java.time.Duration;

/** ONNX Runtime in this process. A call that takes longer than {@code -Dwsvd.onnx.seconds} (600) is given up. */
public final class OrtEngine implements Engine {
    private static final Engine UNBOUNDED =
            (model, optimization) -> OrtEngineSession.open(model.serialized(), model.weights(), optimization);

    private static final Engine BOUNDED =
            BoundedEngine.perCall(UNBOUNDED, Duration.ofSeconds(Long.getLong("wsvd.onnx.seconds", 600)));

    @Override
    public EngineSession open(EngineModel model, Optimization optimization) throws EngineException {
        return BOUNDED.open(model, optimization);
    }

    @Override
    public Engine within(Duration limit) {
        return BoundedEngine.inAll(UNBOUNDED, limit);
    }
}
