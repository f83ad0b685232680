package dev.wsvd.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.evaluation.NpzMoments;
import dev.wsvd.json.JsonScores;
import dev.wsvd.pipeline.CompressionParameters;
import dev.wsvd.pipeline.CompressionResult;
import dev.wsvd.pipeline.ModelCompressor;
import dev.wsvd.pipeline.PlannedCompression;
import java.io.File;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Executors that are lost while they work, on a cluster whose executors are processes. */
@Tag("slow")
class ClusterTest {
    private static final int KILLED_AFTER = 6;
    private static final int PARTS = 4;
    private static final double TARGET = 0.3;

    @TempDir
    Path dir;

    @Test
    void anExecutorThatIsKilledChangesNoScore() throws Exception {
        PlannedCompression local =
                compressor().scores(JsonScores.at(dir.resolve("local.json"))).plan();
        try (JavaSparkContext spark = TestCluster.spark()) {
            Set<Long> before = TestCluster.executors(spark);
            assertThat(before).hasSize(2).doesNotContain(ProcessHandle.current().pid());
            AtomicInteger scores = new AtomicInteger();

            PlannedCompression onCluster = compressor()
                    .planEvaluator(SparkPlanEvaluator.of(
                            spark,
                            DemoNetwork.shared(spark),
                            (folder, closed) ->
                                    DemoNetwork.byAccuracy(folder, CompressionParameters.greedy(0.5), closed)))
                    .scores(JsonScores.at(dir.resolve("cluster.json")))
                    .listener(event -> {
                        if (event instanceof ProgressEvent.Evaluated && scores.incrementAndGet() == KILLED_AFTER) {
                            before.stream().limit(1).forEach(ClusterTest::kill);
                        }
                    })
                    .plan();

            assertThat(scores.get()).isGreaterThan(KILLED_AFTER);
            assertThat(TestCluster.executors(spark)).isNotEqualTo(before);
            assertThat(onCluster.plan()).isEqualTo(local.plan());
            assertThat(dir.resolve("cluster.json")).hasSameTextualContentAs(dir.resolve("local.json"));
        }
    }

    /** The first to learn from a second part, so that what it has of the first is lost with it. */
    @Test
    void anExecutorThatIsLostChangesNoMoments() throws Exception {
        Path local = dir.resolve("local.npz");
        Path onCluster = dir.resolve("cluster.npz");
        File mark = dir.resolve("lost").toFile();
        try (JavaSparkContext spark = DemoNetwork.spark()) {
            SparkCalibration.of(spark, DemoNetwork.shared(spark), DemoNetwork::inBatches)
                    .parts(PARTS)
                    .save(NpzMoments.at(local));
        }

        try (JavaSparkContext spark = TestCluster.spark()) {
            Set<Long> before = TestCluster.executors(spark);
            SparkCalibration.of(
                            spark,
                            DemoNetwork.shared(spark),
                            (folder, closed) ->
                                    DemoNetwork.inBatches(folder, closed).backend(DyingBackend.after(20, mark)))
                    .parts(PARTS)
                    .save(NpzMoments.at(onCluster));

            assertThat(mark).exists();
            assertThat(TestCluster.executors(spark)).isNotEqualTo(before);
        }
        assertThat(onCluster).hasSameBinaryContentAs(local);
    }

    @Test
    void anExecutorThatIsLostChangesNoModel() throws Exception {
        File mark = dir.resolve("lost").toFile();
        Plan local = saved(byWeights(), "local.onnx");

        try (JavaSparkContext spark = TestCluster.spark()) {
            Set<Long> before = TestCluster.executors(spark);
            Plan onCluster = saved(
                    byWeights()
                            .layerFactorizer(SparkFactorization.of(
                                    spark,
                                    DemoNetwork.shared(spark),
                                    (folder, closed) -> DemoNetwork.byWeights(
                                                    folder, CompressionParameters.budget(TARGET), closed)
                                            .backend(DyingBackend.after(10, mark)))),
                    "cluster.onnx");

            assertThat(mark).exists();
            assertThat(TestCluster.executors(spark)).isNotEqualTo(before);
            assertThat(onCluster).isEqualTo(local);
        }
        assertThat(dir.resolve("cluster.onnx")).hasSameBinaryContentAs(dir.resolve("local.onnx"));
    }

    private static ModelCompressor<OnnxModel> compressor() {
        return DemoNetwork.byAccuracy(DemoNetwork.folder(), CompressionParameters.greedy(0.5), model -> {});
    }

    private static ModelCompressor<OnnxModel> byWeights() {
        return DemoNetwork.byWeights(DemoNetwork.folder(), CompressionParameters.budget(TARGET), model -> {});
    }

    private Plan saved(ModelCompressor<OnnxModel> compressor, String file) {
        CompressionResult<OnnxModel> result = compressor.compress();
        try (CompressibleModel<OnnxModel> model = result.model()) {
            model.save(dir.resolve(file));
        }
        return result.plan();
    }

    private static void kill(long executor) {
        ProcessHandle.of(executor).orElseThrow().destroyForcibly();
    }
}
