package dev.wsvd.adapter.onnx.internal.engine;

import dev.wsvd.domain.error.EngineLostException;
import dev.wsvd.domain.tensor.Tensor;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * An engine of this process that is not waited for for ever. It cannot be stopped while it loads a model or is within a node:
 * a call that takes too long is given up, and goes on by itself, with all the memory it has, until it or the process ends.
 */
final class BoundedEngine implements Engine {
    private static final ExecutorService CALLS = Executors.newCachedThreadPool(call -> {
        Thread thread = new Thread(call, "wsvd-onnx");
        thread.setDaemon(true);
        return thread;
    });

    /** What a run that is told to end may take to do so before it is given up. */
    private static final Duration ENDING = Duration.ofSeconds(2);

    private interface Call<T> {
        T make() throws EngineException;
    }

    private final Engine engine;
    private final Duration limit;
    private final Supplier<Duration> left;

    private BoundedEngine(Engine engine, Duration limit, Supplier<Duration> left) {
        this.engine = engine;
        this.limit = limit;
        this.left = left;
    }

    /** An engine of which no call may take longer than a limit. */
    static Engine perCall(Engine engine, Duration limit) {
        return new BoundedEngine(engine, limit, () -> limit);
    }

    /** An engine of which all calls from now on may take no longer than a limit. */
    static Engine inAll(Engine engine, Duration limit) {
        long start = System.nanoTime();
        return new BoundedEngine(engine, limit, () -> limit.minusNanos(System.nanoTime() - start));
    }

    @Override
    public EngineSession open(EngineModel model, Optimization optimization) throws EngineException {
        return new Session(call(() -> engine.open(model, optimization), left.get(), (late, failure) -> {
            if (late != null) {
                late.close();
            }
        }));
    }

    @Override
    public Map<String, Integer> fusedOperators(EngineModel model) throws EngineException {
        return call(() -> engine.fusedOperators(model), left.get(), (late, failure) -> {});
    }

    private final class Session implements EngineSession {
        private final EngineSession session;
        private boolean hasRun;
        private boolean abandoned;

        Session(EngineSession session) {
            this.session = session;
        }

        @Override
        public List<EngineValue> inputs() {
            return session.inputs();
        }

        @Override
        public List<EngineValue> outputs() {
            return session.outputs();
        }

        @Override
        public Map<String, Tensor> run(Map<String, Tensor> feed) throws EngineException {
            return run(feed, left.get()).orElseThrow(BoundedEngine.this::tooLong);
        }

        /**
         * The first run is made in another thread and given up if need be. Later ones end between two nodes only: a thread of
         * their own would cost as much time as a small model takes.
         */
        @Override
        public Optional<Map<String, Tensor>> run(Map<String, Tensor> feed, Duration asked) throws EngineException {
            if (abandoned) {
                throw new EngineException("a run of it was given up", null);
            }
            Duration most = left.get();
            Duration shorter = asked.compareTo(most) < 0 ? asked : most;
            if (hasRun) {
                return session.run(feed, shorter);
            }
            if (shorter.isNegative() || shorter.isZero()) {
                return Optional.empty();
            }
            try {
                Optional<Map<String, Tensor>> result = call(
                        () -> session.run(feed, shorter), shorter.plus(ENDING), (late, failure) -> session.close());
                hasRun = true;
                return result;
            } catch (TooLongException e) {
                abandoned = true;
                return Optional.empty();
            } catch (EngineLostException e) {
                abandoned = true;
                throw e;
            }
        }

        /** What is in use cannot be freed; it is when its run ends after all. */
        @Override
        public void close() {
            if (!abandoned) {
                session.close();
            }
        }
    }

    /**
     * Makes a call in another thread.
     *
     * @param late what is done when a call ends that nobody waits for any more, with its result or why there is none
     * @throws TooLongException if it is not waited for any more because of the limit
     * @throws EngineLostException if it is not waited for any more because this thread was interrupted
     */
    private <T> T call(Call<T> call, Duration most, BiConsumer<T, Throwable> late) throws EngineException {
        if (most.isNegative() || most.isZero()) {
            throw tooLong();
        }
        CompletableFuture<T> result = new CompletableFuture<>();
        CALLS.execute(() -> {
            try {
                result.complete(call.make());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        try {
            return result.get(most.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            result.whenComplete(late);
            throw tooLong();
        } catch (InterruptedException e) {
            result.whenComplete(late);
            Thread.currentThread().interrupt();
            throw new EngineLostException("ONNX Runtime was interrupted while it worked on the model.", e);
        } catch (ExecutionException e) {
            throw rethrown(e.getCause());
        }
    }

    private static EngineException rethrown(Throwable cause) {
        if (cause instanceof EngineException refused) {
            return refused;
        }
        if (cause instanceof Error error) {
            throw error;
        }
        throw (RuntimeException) cause;
    }

    private TooLongException tooLong() {
        return new TooLongException("it took longer than " + limit.toSeconds()
                + " s and was given up. Maybe isolate the model (--isolate)");
    }
}
