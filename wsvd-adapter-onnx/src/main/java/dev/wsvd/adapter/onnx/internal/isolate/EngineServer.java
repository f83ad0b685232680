package dev.wsvd.adapter.onnx.internal.isolate;

import dev.wsvd.adapter.onnx.internal.engine.EngineException;
import dev.wsvd.adapter.onnx.internal.engine.OrtEngineSession;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.tensor.Tensor;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The program of the engine's process: does what requests on standard input ask for and answers on standard output, one by one.
 * One thread only reads, so that this ends with its parent at once, whatever ONNX Runtime is doing.
 */
final class EngineServer {
    /** The exit code if this program fails, rather than ONNX Runtime. */
    static final int FAILED = 70;

    /** One part in so many of the memory may be tensors that are no longer used. */
    private static final int GARBAGE = 16;

    private final Wire wire;
    private final long memory;
    private final Map<Integer, OrtEngineSession> sessions = new HashMap<>();
    private int opened;
    private long passed;

    private EngineServer(Wire wire, long memory) {
        this.wire = wire;
        this.memory = memory;
    }

    /** @param args this process's folder, which is deleted at the end; how many bytes of memory it may have */
    public static void main(String[] args) {
        // Nobody but the wire may write there.
        FileOutputStream out = new FileOutputStream(FileDescriptor.out);
        System.setOut(System.err);
        int code = 0;
        try {
            Wire wire = new Wire(new FileInputStream(FileDescriptor.in), out, Long.MAX_VALUE);
            new EngineServer(wire, Long.parseLong(args[1])).serve();
        } catch (EOFException e) {
            // The parent has ended or wants no more.
            ChildFolder.delete(Path.of(args[0]));
        } catch (Throwable e) {
            System.err.println(e);
            code = FAILED;
        }
        Runtime.getRuntime().halt(code);
    }

    private void serve() throws IOException {
        ExecutorService worker = Executors.newSingleThreadExecutor();
        Answer.write(ready(), wire);
        while (true) {
            Request request = Request.read(wire);
            worker.execute(() -> respond(request));
        }
    }

    /** Natives are loaded before a limit counts. */
    private static Answer ready() {
        try {
            OrtEngineSession.prepare();
            return new Answer.Done();
        } catch (ModelFormatException e) {
            return new Answer.Refused(e.getMessage());
        }
    }

    private void respond(Request request) {
        try {
            Answer.write(answer(request), wire);
        } catch (Throwable e) {
            System.err.println(e);
            Runtime.getRuntime().halt(FAILED);
        }
    }

    private Answer answer(Request request) {
        try {
            if (request instanceof Request.Open open) {
                return open(open);
            }
            if (request instanceof Request.Run run) {
                return run(run);
            }
            if (request instanceof Request.Fuse fuse) {
                return fused(fuse);
            }
            return close((Request.Close) request);
        } catch (EngineException e) {
            return new Answer.Failed(e.getMessage());
        } catch (ModelFormatException e) {
            return new Answer.Refused(e.getMessage());
        }
    }

    private Answer open(Request.Open request) throws EngineException {
        OrtEngineSession session =
                OrtEngineSession.open(request.model(), request.weights(), request.optimization(), request.threads());
        opened++;
        sessions.put(opened, session);
        return new Answer.Opened(opened, session.inputs(), session.outputs());
    }

    private Answer fused(Request.Fuse request) throws EngineException {
        Answer answer = new Answer.Fused(OrtEngineSession.fusedOperators(request.model(), request.weights()));
        collect();
        return answer;
    }

    private Answer run(Request.Run request) throws EngineException {
        OrtEngineSession session = sessions.get(request.session());
        passed += bytes(request.feed());
        if (passed > memory / GARBAGE) {
            collect();
        }
        if (request.limit().isEmpty()) {
            return results(session.run(request.feed()));
        }
        return session.run(request.feed(), request.limit().get())
                .map(this::results)
                .orElseGet(Answer.OutOfTime::new);
    }

    private Answer results(Map<String, Tensor> tensors) {
        passed += bytes(tensors);
        return new Answer.Results(tensors);
    }

    private Answer close(Request.Close request) {
        sessions.remove(request.session()).close();
        collect();
        return new Answer.Done();
    }

    /** Tensors lie outside the heap: the collector does not see when they fill the memory that ONNX Runtime needs. */
    private void collect() {
        System.gc();
        passed = 0;
    }

    private static long bytes(Map<String, Tensor> tensors) {
        return tensors.values().stream().mapToLong(t -> t.data().remaining()).sum();
    }
}
