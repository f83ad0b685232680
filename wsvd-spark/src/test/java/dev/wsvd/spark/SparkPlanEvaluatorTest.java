package dev.wsvd.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.json.JsonScores;
import dev.wsvd.pipeline.CompressionParameters;
import dev.wsvd.pipeline.ModelCompressor;
import dev.wsvd.pipeline.PlannedCompression;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class SparkPlanEvaluatorTest {
    private static final AtomicInteger TRIES = new AtomicInteger();

    private static final List<Path> OPENED = new CopyOnWriteArrayList<>();
    private static final CountDownLatch BEGUN = new CountDownLatch(1);
    private static final CountDownLatch ENDED = new CountDownLatch(1);

    private static JavaSparkContext spark;
    private static SharedFiles files;

    @TempDir
    Path dir;

    @BeforeAll
    static void start() {
        spark = DemoNetwork.spark();
        files = DemoNetwork.shared(spark);
    }

    @AfterAll
    static void stop() {
        spark.close();
    }

    @Test
    void greedySelectionGivesTheScoresFileAndThePlanOfALocalRun() throws Exception {
        PlannedCompression local = planned(local(), "local.json");

        PlannedCompression onSpark = planned(
                local().planEvaluator(SparkPlanEvaluator.of(
                        spark,
                        files,
                        (folder, closed) -> DemoNetwork.byAccuracy(folder, CompressionParameters.greedy(0.5), closed))),
                "spark.json");

        assertThat(onSpark.plan()).isEqualTo(local.plan());
        assertThat(dir.resolve("spark.json")).hasSameTextualContentAs(dir.resolve("local.json"));
        assertThat(onSpark.stats().effort().evaluations())
                .isEqualTo(local.stats().effort().evaluations());
    }

    @Test
    void whatWasLearntOfInputsIsSentAlong() {
        PlannedCompression local = DemoNetwork.byFidelity(
                        DemoNetwork.folder(), CompressionParameters.tar(0.5), model -> {})
                .calibration(DemoNetwork.inputs(DemoNetwork.folder()))
                .plan();

        PlannedCompression onSpark = DemoNetwork.byFidelity(
                        DemoNetwork.folder(), CompressionParameters.tar(0.5), model -> {})
                .calibration(DemoNetwork.inputs(DemoNetwork.folder()))
                .planEvaluator(SparkPlanEvaluator.of(
                        spark,
                        files,
                        (folder, closed) -> DemoNetwork.byFidelity(folder, CompressionParameters.tar(0.5), closed)))
                .plan();

        assertThat(onSpark.plan()).isEqualTo(local.plan());
        assertThat(onSpark.stats().effort().trials())
                .isEqualTo(local.stats().effort().trials())
                .isNotEmpty();
    }

    @Test
    void aTaskThatFailsTwiceIsTriedAgain() throws Exception {
        PlannedCompression local = planned(local(), "local.json");
        TRIES.set(0);

        PlannedCompression onSpark = planned(
                local().planEvaluator(SparkPlanEvaluator.of(spark, files, (folder, closed) -> {
                    if (TRIES.incrementAndGet() <= 2) {
                        throw new IllegalStateException("this executor is out of order");
                    }
                    return DemoNetwork.byAccuracy(folder, CompressionParameters.greedy(0.5), closed);
                })),
                "spark.json");

        assertThat(TRIES).hasValue(3);
        assertThat(onSpark.plan()).isEqualTo(local.plan());
        assertThat(dir.resolve("spark.json")).hasSameTextualContentAs(dir.resolve("local.json"));
    }

    @Test
    void aTaskThatAlwaysFailsIsNamedWithItsReason() {
        ModelCompressor<OnnxModel> compressor = local().planEvaluator(
                        SparkPlanEvaluator.of(spark, SharedFiles.of(spark, Map.of()), (folder, closed) -> {
                            throw new IllegalStateException("no graphics card");
                        }));

        assertThatThrownBy(compressor::plan)
                .isInstanceOf(WsvdException.class)
                .hasMessageContaining("no graphics card")
                .hasMessageContaining("Spark failed at evaluating");
    }

    @Test
    void whatWouldFailAnywhereIsNotTriedAgain() {
        TRIES.set(0);
        ModelCompressor<OnnxModel> compressor = local().planEvaluator(
                        SparkPlanEvaluator.<OnnxModel>of(spark, SharedFiles.of(spark, Map.of()), (folder, closed) -> {
                                    TRIES.incrementAndGet();
                                    throw new InvalidInputException("The labels do not fit.");
                                })
                                .atOnce(1));

        assertThatThrownBy(compressor::plan)
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The labels do not fit.");
        assertThat(TRIES).hasValue(1);
    }

    @Test
    void aLostScoresFileIsMadeAgain() throws Exception {
        planned(onSpark(), "spark.json");
        String first = Files.readString(dir.resolve("spark.json"));
        Files.delete(dir.resolve("spark.json"));

        planned(onSpark(), "spark.json");

        assertThat(dir.resolve("spark.json")).hasContent(first);
    }

    @Test
    void runsAtOnceOpenTheirModelOnceEach() throws Exception {
        OPENED.clear();
        PlannedCompression local = local().plan();

        List<CompletableFuture<PlannedCompression>> runs = IntStream.range(0, 2)
                .mapToObj(run -> CompletableFuture.supplyAsync(
                        () -> remembered(DemoNetwork.shared(spark)).plan()))
                .toList();

        for (CompletableFuture<PlannedCompression> run : runs) {
            assertThat(run.get().plan()).isEqualTo(local.plan());
        }
        assertThat(OPENED).hasSize(2);
    }

    @Test
    void filesOfOneRunStayWhereTheyAreAndGoWhenNothingUsesThem() {
        OPENED.clear();
        SharedFiles shared = DemoNetwork.shared(spark);
        remembered(shared).plan();
        remembered(shared).calibration(DemoNetwork.inputs(DemoNetwork.folder())).plan();

        assertThat(OPENED).hasSize(2).containsOnly(OPENED.get(0));
        assertThat(OPENED.get(0)).isDirectory();

        ExecutorSession.closeIdle(Duration.ZERO);

        assertThat(OPENED.get(0)).doesNotExist();
    }

    @Test
    @Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void jobsOfARunThatIsInterruptedAreGivenUp() throws Exception {
        Thread run = new Thread(() -> local().planEvaluator(
                        SparkPlanEvaluator.<OnnxModel>of(spark, DemoNetwork.shared(spark), (folder, closed) -> {
                            BEGUN.countDown();
                            ENDED.await();
                            return DemoNetwork.byAccuracy(folder, CompressionParameters.greedy(0.5), closed);
                        }))
                .plan());
        run.start();
        try {
            BEGUN.await();
            run.interrupt();
            run.join();

            assertThat(DemoNetwork.activeJobs(spark)).isEmpty();
        } finally {
            ENDED.countDown();
        }
    }

    /** Each time the factory is called, the folder is remembered. */
    private static ModelCompressor<OnnxModel> remembered(SharedFiles shared) {
        return local().planEvaluator(SparkPlanEvaluator.of(spark, shared, (folder, closed) -> {
            OPENED.add(folder);
            return DemoNetwork.byAccuracy(folder, CompressionParameters.greedy(0.5), closed);
        }));
    }

    private static ModelCompressor<OnnxModel> local() {
        return DemoNetwork.byAccuracy(DemoNetwork.folder(), CompressionParameters.greedy(0.5), model -> {});
    }

    private static ModelCompressor<OnnxModel> onSpark() {
        return local().planEvaluator(SparkPlanEvaluator.of(
                spark,
                files,
                (folder, closed) -> DemoNetwork.byAccuracy(folder, CompressionParameters.greedy(0.5), closed)));
    }

    private PlannedCompression planned(ModelCompressor<OnnxModel> compressor, String scores) {
        return compressor.scores(JsonScores.at(dir.resolve(scores))).plan();
    }
}
