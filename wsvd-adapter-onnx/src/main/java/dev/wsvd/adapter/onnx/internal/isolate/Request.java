package dev.wsvd.adapter.onnx.internal.isolate;

import dev.wsvd.adapter.onnx.internal.engine.Engine;
import dev.wsvd.domain.tensor.Tensor;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** What the engine's process is asked for. */
sealed interface Request {
    int OPEN = 1;
    int RUN = 2;
    int CLOSE = 3;
    int FUSE = 4;

    /** Whether this is what can be said to it when all goes well, or why it does not. */
    boolean allows(Answer answer);

    /**
     * To load a model.
     *
     * @param threads that it is computed with; empty for as many as there are cores that the process may use
     */
    record Open(Engine.Optimization optimization, OptionalInt threads, ByteBuffer model, Map<String, Tensor> weights)
            implements Request {
        @Override
        public boolean allows(Answer answer) {
            return answer instanceof Answer.Opened || answer instanceof Answer.Failure;
        }
    }

    /** To run a session's model once. */
    record Run(int session, Map<String, Tensor> feed, Optional<Duration> limit) implements Request {
        @Override
        public boolean allows(Answer answer) {
            return answer instanceof Answer.Results
                    || answer instanceof Answer.OutOfTime && limit.isPresent()
                    || answer instanceof Answer.Failure;
        }
    }

    /** To free a session. */
    record Close(int session) implements Request {
        @Override
        public boolean allows(Answer answer) {
            return answer instanceof Answer.Done || answer instanceof Answer.Failure;
        }
    }

    /** To tell what a model's operators are fused into. */
    record Fuse(ByteBuffer model, Map<String, Tensor> weights) implements Request {
        @Override
        public boolean allows(Answer answer) {
            return answer instanceof Answer.Fused || answer instanceof Answer.Failure;
        }
    }

    static void write(Request request, Wire wire) throws IOException {
        if (request instanceof Open open) {
            wire.begin(OPEN);
            wire.number(open.optimization().ordinal());
            wire.number(open.threads().orElse(0));
            wire.bytes(open.model());
            wire.tensors(open.weights());
        } else if (request instanceof Run run) {
            wire.begin(RUN);
            wire.number(run.session());
            wire.wide(run.limit().map(Duration::toMillis).orElse(-1L));
            wire.tensors(run.feed());
        } else if (request instanceof Close close) {
            wire.begin(CLOSE);
            wire.number(close.session());
        } else if (request instanceof Fuse fuse) {
            wire.begin(FUSE);
            wire.bytes(fuse.model());
            wire.tensors(fuse.weights());
        }
        wire.end();
    }

    static Request read(Wire wire) throws IOException {
        int kind = wire.begin();
        return switch (kind) {
            case OPEN -> {
                Engine.Optimization optimization = Engine.Optimization.values()[wire.number()];
                int threads = wire.number();
                yield new Open(
                        optimization,
                        threads == 0 ? OptionalInt.empty() : OptionalInt.of(threads),
                        wire.bytes(),
                        wire.tensors());
            }
            case RUN -> {
                int session = wire.number();
                Optional<Duration> limit =
                        Optional.of(wire.wide()).filter(millis -> millis >= 0).map(Duration::ofMillis);
                yield new Run(session, wire.tensors(), limit);
            }
            case CLOSE -> new Close(wire.number());
            case FUSE -> new Fuse(wire.bytes(), wire.tensors());
            default -> throw new ProtocolException("A request of kind " + kind + ".");
        };
    }
}
