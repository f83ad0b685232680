package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.Isolation;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.evaluation.AccuracyEvaluator;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.evaluation.FidelityEvaluator;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Networks evaluated at once, on a real network and real images. */
class WorkersTest {
    private static final Path DEMO = Path.of("..", "demo");
    private static final OnnxFormat ONNX = new OnnxFormat();
    private static final ArrayDataset LABELLED = ArrayDataset.load(
                    DEMO.resolve("test-images.npz"), DEMO.resolve("test-labels.npy"))
            .limit(30);
    private static final ArrayDataset IMAGES =
            ArrayDataset.load(DEMO.resolve("test-images.npz")).limit(16);

    private final CompressibleModel<OnnxModel> model =
            ONNX.open(DEMO.resolve("fashion-resnet.onnx"), OpenOptions.DEFAULT);
    private final Evaluator<OnnxModel> accuracy = AccuracyEvaluator.of(ONNX::predictor, LABELLED);
    private final KeptScores store = new KeptScores();

    @ParameterizedTest
    @ValueSource(ints = {2, 5})
    void thePlanAndTheScoresAndTheirOrderAreThoseOfOneWorker(int workers) {
        ModelCompressor<OnnxModel> compressor = compressor(fidelity());
        PlannedCompression one = compressor.workers(1).plan();
        List<?> scores = List.copyOf(store.kept.orElseThrow().table().entries().entrySet());
        store.kept = Optional.empty();

        PlannedCompression several = compressor.workers(workers).plan();

        assertThat(several.plan()).isEqualTo(one.plan());
        assertThat(List.copyOf(store.kept.orElseThrow().table().entries().entrySet()))
                .hasToString(scores.toString());
        assertThat(several.stats().effort().evaluations())
                .isEqualTo(one.stats().effort().evaluations());
    }

    @Test
    void plansOfTarAndOfACurveAreScoredAtOnceToo() {
        ArrayActivations<OnnxModel> inputs = ArrayActivations.of(ONNX, IMAGES);
        ModelCompressor<OnnxModel> tar = ModelCompressor.of(model)
                .parameters(CompressionParameters.tar(0.5))
                .evaluator(fidelity(), Evaluator.ALL);
        PlannedCompression one = tar.workers(1).plan();
        PlannedCompression two = tar.workers(2).plan();
        assertThat(two.plan()).isEqualTo(one.plan());
        assertThat(two.stats().effort().trials()).isEqualTo(one.stats().effort().trials());

        List<CompressionRatio> ratios = List.of(CompressionRatio.of(0.7), CompressionRatio.of(0.4));
        ModelCompressor<OnnxModel> curve = ModelCompressor.of(model)
                .evaluator(fidelity(), Evaluator.ALL)
                .calibration(inputs)
                .correct();
        assertThat(curve.workers(2).pareto(ratios)).isEqualTo(curve.workers(1).pareto(ratios));
    }

    /** Each waits until as many others are at it. */
    @Test
    void asManyAsAskedForAreEvaluatedAtOnce() {
        AtomicInteger met = new AtomicInteger();
        CyclicBarrier all = new CyclicBarrier(3, met::incrementAndGet);
        Evaluator<OnnxModel> waiting = (network, iterations) -> {
            if (Thread.currentThread().getName().startsWith("wsvd-worker") && met.get() == 0) {
                await(all);
            }
            return accuracy.evaluate(network, iterations);
        };

        compressor(waiting).workers(3).plan();

        assertThat(met).hasValue(1);
    }

    @Test
    void anEvaluatorThatDoesNotSayThatItCanDoesOneAtATime() {
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        compressor((network, iterations) -> {
                    threads.add(Thread.currentThread());
                    return accuracy.evaluate(network, iterations);
                })
                .plan();

        assertThat(threads).containsExactly(Thread.currentThread());
    }

    @Test
    void aWorkerThatFailsEndsTheRunAndWhatTheOthersMadeIsKept() {
        AtomicInteger made = new AtomicInteger();
        Evaluator<OnnxModel> failing = identified((network, iterations) -> {
            if (made.incrementAndGet() == 8) {
                throw new IllegalStateException("the eighth");
            }
            return accuracy.evaluate(network, iterations);
        });
        assertThatThrownBy(() -> compressor(failing).workers(2).plan())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the eighth");
        // The original's is one of them.
        int kept = store.kept.orElseThrow().table().entries().size() + 1;
        assertThat(kept).isEqualTo(made.get() - 1);
        int before = made.get();

        PlannedCompression whole = compressor(failing).workers(2).plan();

        assertThat(made.get() - before)
                .isEqualTo(whole.stats().effort().evaluations())
                .isEqualTo(whole.scores().entries().size() + 1 - kept);
    }

    @Test
    void aScoreIsKeptThoughTheListenerFailsAsItIsTold() {
        AtomicInteger made = new AtomicInteger();
        Evaluator<OnnxModel> counted = identified((network, iterations) -> {
            made.incrementAndGet();
            return accuracy.evaluate(network, iterations);
        });

        assertThatThrownBy(() -> compressor(counted)
                        .workers(1)
                        .listener(event -> {
                            if (made.get() == 4) {
                                throw new IllegalStateException("the fourth");
                            }
                        })
                        .plan())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the fourth");

        // The original's is one of them.
        assertThat(store.kept.orElseThrow().table().entries()).hasSize(3);
    }

    @Test
    void aWorkerWhoseProcessIsKilledLosesNoMoreThanItsNetwork() {
        PlannedCompression undisturbed = compressor(identified(accuracy)).plan();
        store.kept = Optional.empty();
        Set<Long> others = children().map(ProcessHandle::pid).collect(Collectors.toSet());
        Isolation own = new Isolation(Duration.ofSeconds(67), Isolation.DEFAULT.memory());
        CompressibleModel<OnnxModel> isolated =
                ONNX.open(DEMO.resolve("fashion-resnet.onnx"), OpenOptions.DEFAULT.isolated(own));
        Map<Thread, Integer> made = new ConcurrentHashMap<>();
        AtomicBoolean killed = new AtomicBoolean();
        Evaluator<OnnxModel> killing = (network, iterations) -> {
            made.merge(Thread.currentThread(), 1, Integer::sum);
            // When the processes of both workers are there; the thread of the original's is the third.
            boolean working = made.size() == 3
                    && made.values().stream().filter(count -> count > 1).count() == 2;
            if (working && killed.compareAndSet(false, true)) {
                children().filter(child -> !others.contains(child.pid())).forEach(ProcessHandle::destroyForcibly);
            }
            return accuracy.evaluate(network, iterations);
        };

        PlannedCompression disturbed = ModelCompressor.of(isolated)
                .parameters(CompressionParameters.greedy(0.5))
                .scores(store)
                .evaluator(identified(killing), Evaluator.ALL)
                .workers(2)
                .plan();

        assertThat(killed).isTrue();
        assertThat(children().filter(child -> !others.contains(child.pid())))
                .as("processes: the original's was killed, and those of the workers end with them")
                .isEmpty();
        assertThat(disturbed.plan()).isEqualTo(undisturbed.plan());
        assertThat(disturbed.scores()).isEqualTo(undisturbed.scores());
    }

    @Test
    void theProcessOfAWorkerForOthersEndsWithIt() {
        Isolation own = new Isolation(Duration.ofSeconds(68), Isolation.DEFAULT.memory());
        CompressibleModel<OnnxModel> isolated =
                ONNX.open(DEMO.resolve("fashion-resnet.onnx"), OpenOptions.DEFAULT.isolated(own));
        ModelCompressor<OnnxModel> compressor = ModelCompressor.of(isolated)
                .parameters(CompressionParameters.greedy(0.5))
                .evaluator(accuracy, 16)
                .calibration(ArrayActivations.of(ONNX, IMAGES));
        Plan plan = Plan.of(isolated.layers().get(1).id(), new Choice("input-channel", List.of(2)));
        Set<ProcessHandle> before = children().collect(Collectors.toSet());

        try (PlanWorker<OnnxModel> worker = compressor.planWorker(1)) {
            worker.evaluate(plan, plan.changes(), true);
            assertThat(children()).hasSize(before.size() + 1);
        }
        assertThat(children()).containsExactlyInAnyOrderElementsOf(before);

        try (MomentsWorker<OnnxModel> worker = compressor.momentsWorker(1)) {
            worker.requireFit();
            assertThat(children()).hasSize(before.size() + 1);
        }
        assertThat(children()).containsExactlyInAnyOrderElementsOf(before);
    }

    @Test
    void atLeastOneWorkerIsNeeded() {
        assertThatThrownBy(() -> ModelCompressor.of(model).workers(0))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The number of workers must be at least 1, found 0.");
    }

    private static Stream<ProcessHandle> children() {
        return ProcessHandle.current().children();
    }

    private static void await(CyclicBarrier all) {
        try {
            all.await(60, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private Evaluator<OnnxModel> fidelity() {
        return FidelityEvaluator.of(ONNX::predictor, model.model(), IMAGES);
    }

    private static Evaluator<OnnxModel> identified(Evaluator<OnnxModel> evaluator) {
        return new Evaluator<>() {
            @Override
            public Evaluation evaluate(OnnxModel network, int iterations) {
                return evaluator.evaluate(network, iterations);
            }

            @Override
            public Optional<EvaluatorIdentity> identity(int iterations) {
                return Optional.of(new EvaluatorIdentity("accuracy", 30, "of this test"));
            }
        };
    }

    private ModelCompressor<OnnxModel> compressor(Evaluator<OnnxModel> evaluator) {
        return ModelCompressor.of(model)
                .parameters(CompressionParameters.greedy(0.5))
                .scores(store)
                .evaluator(evaluator, Evaluator.ALL);
    }
}
