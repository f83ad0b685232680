package dev.wsvd.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.json.JsonScores;
import dev.wsvd.pipeline.CompressionParameters;
import dev.wsvd.pipeline.ModelCompressor;
import dev.wsvd.pipeline.PlannedCompression;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cluster with a master and two workers, whose executors are processes. */
@Tag("slow")
class ClusterTest {
    private static final int KILLED_AFTER = 6;

    @TempDir
    Path dir;

    /** Tasks that run long are run twice. */
    @Test
    void anExecutorThatIsKilledChangesNothing() throws Exception {
        PlannedCompression local =
                compressor().scores(JsonScores.at(dir.resolve("local.json"))).plan();
        try (JavaSparkContext spark = new JavaSparkContext(cluster())) {
            Set<Long> before = executors(spark);
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
            assertThat(executors(spark)).isNotEqualTo(before);
            assertThat(onCluster.plan()).isEqualTo(local.plan());
            assertThat(dir.resolve("cluster.json")).hasSameTextualContentAs(dir.resolve("local.json"));
        }
    }

    private static ModelCompressor<OnnxModel> compressor() {
        return DemoNetwork.byAccuracy(DemoNetwork.folder(), CompressionParameters.greedy(0.5), model -> {});
    }

    /** Workers look for Spark's jars in a folder; the test's class path has them all. */
    private static SparkConf cluster() throws Exception {
        Files.createDirectories(Path.of(System.getenv("SPARK_HOME"), "jars"));
        return new SparkConf()
                .setMaster("local-cluster[2,1,1024]")
                .setAppName("wsvd")
                .set("spark.driver.host", "127.0.0.1")
                .set("spark.driver.bindAddress", "127.0.0.1")
                .set("spark.executor.memory", "1g")
                .set("spark.executor.extraClassPath", classPath())
                .set("spark.speculation", "true")
                .set("spark.speculation.interval", "50ms")
                .set("spark.ui.enabled", "false");
    }

    private static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    /** The processes of those that are there. */
    private static Set<Long> executors(JavaSparkContext spark) {
        List<Integer> tasks = IntStream.range(0, 8).boxed().toList();
        return new TreeSet<>(spark.parallelize(tasks, tasks.size())
                .map(task -> {
                    // So long that each executor gets some.
                    Thread.sleep(500);
                    return ProcessHandle.current().pid();
                })
                .collect());
    }

    private static void kill(long executor) {
        ProcessHandle.of(executor).orElseThrow().destroyForcibly();
    }
}
