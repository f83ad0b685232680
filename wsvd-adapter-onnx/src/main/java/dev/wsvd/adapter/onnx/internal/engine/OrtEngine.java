package dev.wsvd.adapter.onnx.internal.engine;

import dev.wsvd.domain.error.InvalidInputException;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalInt;

/** ONNX Runtime in this process. A call that takes longer than {@code -Dwsvd.onnx.seconds} (600) is given up. */
public final class OrtEngine implements Engine {
    private static final String SECONDS = "wsvd.onnx.seconds";
    private static final long LONGEST = Duration.ofDays(1).toSeconds();

    private final Engine unbounded;

    /** ONNX Runtime with as many threads as there are cores that this process may use. */
    public OrtEngine() {
        this(OptionalInt.empty());
    }

    /** ONNX Runtime with a number of threads. */
    public OrtEngine(int threads) {
        this(OptionalInt.of(threads));
    }

    private OrtEngine(OptionalInt threads) {
        this.unbounded = new Unbounded(threads);
    }

    private record Unbounded(OptionalInt threads) implements Engine {
        @Override
        public EngineSession open(EngineModel model, Optimization optimization) throws EngineException {
            return OrtEngineSession.open(model.serialized(), model.weights(), optimization, threads);
        }

        @Override
        public Map<String, Integer> fusedOperators(EngineModel model) throws EngineException {
            return OrtEngineSession.fusedOperators(model.serialized(), model.weights());
        }
    }

    /** @throws InvalidInputException if the system property is no limit */
    @Override
    public EngineSession open(EngineModel model, Optimization optimization) throws EngineException {
        return bounded().open(model, optimization);
    }

    /** @throws InvalidInputException if the system property is no limit */
    @Override
    public Map<String, Integer> fusedOperators(EngineModel model) throws EngineException {
        return bounded().fusedOperators(model);
    }

    private Engine bounded() {
        return BoundedEngine.perCall(unbounded, limit(System.getProperty(SECONDS, "600")));
    }

    @Override
    public Engine within(Duration limit) {
        return BoundedEngine.inAll(unbounded, limit);
    }

    static Duration limit(String text) {
        try {
            long seconds = Long.parseLong(text);
            if (seconds >= 1 && seconds <= LONGEST) {
                return Duration.ofSeconds(seconds);
            }
            throw notALimit(text, null);
        } catch (NumberFormatException e) {
            throw notALimit(text, e);
        }
    }

    private static InvalidInputException notALimit(String text, NumberFormatException cause) {
        return new InvalidInputException(
                "The system property " + SECONDS + " takes a whole number of seconds, at least 1 and at most " + LONGEST
                        + ", found '" + text + "'.",
                cause);
    }
}
