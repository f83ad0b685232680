package dev.wsvd.adapter.onnx.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.domain.error.EngineLostException;
import dev.wsvd.domain.tensor.Tensor;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An engine that does not come back is given up, and what it has is freed only when it comes back after all. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BoundedEngineTest {
    /** An engine that fuses nothing. */
    private interface Opening extends Engine {
        @Override
        default Map<String, Integer> fusedOperators(EngineModel model) {
            return Map.of();
        }
    }

    private static final EngineModel MODEL = new EngineModel(ModelProto.getDefaultInstance(), Map.of());

    private final CountDownLatch stuck = new CountDownLatch(1);
    private final CountDownLatch freed = new CountDownLatch(1);

    @Test
    void aModelThatTakesTooLongToLoad() throws InterruptedException {
        Opening slow = (model, optimization) -> {
            await(stuck);
            return session();
        };
        assertThatThrownBy(
                        () -> BoundedEngine.perCall(slow, Duration.ofSeconds(1)).open(MODEL, Engine.Optimization.NONE))
                .isInstanceOf(EngineException.class)
                .hasMessage("it took longer than 1 s and was given up. Maybe isolate the model (--isolate)");
        stuck.countDown();
        freed.await();
    }

    @Test
    void aRunThatTakesTooLong() throws Exception {
        EngineSession session = BoundedEngine.perCall(
                        (Opening) (model, optimization) -> session(), Duration.ofSeconds(1))
                .open(MODEL, Engine.Optimization.NONE);
        assertThatThrownBy(() -> session.run(Map.of()))
                .isInstanceOf(EngineException.class)
                .hasMessage("it took longer than 1 s and was given up. Maybe isolate the model (--isolate)");
        session.close();
        assertThat(freed.getCount()).isEqualTo(1);
        assertThatThrownBy(() -> session.run(Map.of())).hasMessage("a run of it was given up");
        stuck.countDown();
        freed.await();
    }

    @Test
    void aRunThatIsInterrupted() throws Exception {
        EngineSession session = BoundedEngine.perCall(
                        (Opening) (model, optimization) -> session(), Duration.ofMinutes(1))
                .open(MODEL, Engine.Optimization.NONE);
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> session.run(Map.of()))
                .isInstanceOf(EngineLostException.class)
                .hasMessage("ONNX Runtime was interrupted while it worked on the model.");
        assertThat(Thread.interrupted()).isTrue();
        session.close();
        assertThat(freed.getCount()).isEqualTo(1);
        stuck.countDown();
        freed.await();
    }

    @Test
    void callsThatTakeTooLongInAll() throws Exception {
        stuck.countDown();
        Engine engine = BoundedEngine.inAll((Opening) (model, optimization) -> session(), Duration.ZERO);
        assertThatThrownBy(() -> engine.open(MODEL, Engine.Optimization.NONE))
                .isInstanceOf(EngineException.class)
                .hasMessage("it took longer than 0 s and was given up. Maybe isolate the model (--isolate)");
    }

    @Test
    void callsInTime() throws Exception {
        stuck.countDown();
        try (EngineSession session = BoundedEngine.perCall(
                        (Opening) (model, optimization) -> session(), Duration.ofMinutes(1))
                .open(MODEL, Engine.Optimization.NONE)) {
            assertThat(session.run(Map.of())).isEmpty();
            assertThat(session.run(Map.of(), Duration.ofMinutes(1))).isPresent();
        }
        assertThat(freed.getCount()).isZero();
    }

    @Test
    void whatTheEngineSays() {
        Opening refusing = (model, optimization) -> {
            throw new EngineException("no such operator", null);
        };
        assertThatThrownBy(() ->
                        BoundedEngine.perCall(refusing, Duration.ofMinutes(1)).open(MODEL, Engine.Optimization.NONE))
                .isInstanceOf(EngineException.class)
                .hasMessage("no such operator");
    }

    /** Runs until it is let go. */
    private EngineSession session() {
        return new EngineSession() {
            @Override
            public List<EngineValue> inputs() {
                return List.of();
            }

            @Override
            public List<EngineValue> outputs() {
                return List.of();
            }

            @Override
            public Map<String, Tensor> run(Map<String, Tensor> feed) {
                await(stuck);
                return Map.of();
            }

            @Override
            public Optional<Map<String, Tensor>> run(Map<String, Tensor> feed, Duration limit) {
                return Optional.of(run(feed));
            }

            @Override
            public void close() {
                freed.countDown();
            }
        };
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
