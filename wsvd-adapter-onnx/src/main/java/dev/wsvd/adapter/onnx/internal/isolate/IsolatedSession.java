package dev.wsvd.adapter.onnx.internal.isolate;

import dev.wsvd.adapter.onnx.internal.engine.Engine;
import dev.wsvd.adapter.onnx.internal.engine.EngineException;
import dev.wsvd.adapter.onnx.internal.engine.EngineModel;
import dev.wsvd.adapter.onnx.internal.engine.EngineSession;
import dev.wsvd.adapter.onnx.internal.engine.EngineValue;
import dev.wsvd.domain.error.EngineLostException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.tensor.Tensor;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** A session in the engine's process, opened again where the process is not the one it was opened in. */
final class IsolatedSession implements EngineSession {
    private final EngineProcess process;
    private final EngineModel model;
    private final Engine.Optimization optimization;
    private final OptionalInt threads;
    private Child child;
    private Answer.Opened opened;

    IsolatedSession(EngineProcess process, EngineModel model, Engine.Optimization optimization, OptionalInt threads)
            throws EngineException {
        this.process = process;
        this.model = model;
        this.optimization = optimization;
        this.threads = threads;
        synchronized (process) {
            open();
        }
    }

    private void open() throws EngineException {
        Child current = process.child();
        if (current != child) {
            Request.Open request = new Request.Open(optimization, threads, model.serialized(), model.weights());
            opened = (Answer.Opened) current.ask("loading", request);
            child = current;
        }
    }

    @Override
    public List<EngineValue> inputs() {
        return opened.inputs();
    }

    @Override
    public List<EngineValue> outputs() {
        return opened.outputs();
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> feed) throws EngineException {
        return ((Answer.Results) ask(feed, Optional.empty())).tensors();
    }

    @Override
    public Optional<Map<String, Tensor>> run(Map<String, Tensor> feed, Duration limit) throws EngineException {
        return ask(feed, Optional.of(limit)) instanceof Answer.Results results
                ? Optional.of(results.tensors())
                : Optional.empty();
    }

    private Answer ask(Map<String, Tensor> feed, Optional<Duration> limit) throws EngineException {
        synchronized (process) {
            open();
            return child.ask("running", new Request.Run(opened.session(), feed, limit));
        }
    }

    @Override
    public void close() {
        synchronized (process) {
            if (!child.isAlive()) {
                return;
            }
            try {
                child.ask("freeing", new Request.Close(opened.session()));
            } catch (EngineLostException e) {
                // It is closed with the process that it was in.
                return;
            } catch (EngineException e) {
                throw new ModelFormatException("ONNX Runtime failed to close a session: " + e.getMessage() + ".", e);
            }
        }
    }
}
