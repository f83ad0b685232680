package dev.wsvd.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/** A cluster with a master and two workers, whose executors are processes. */
final class TestCluster {
    private TestCluster() {}

    /**
     * Starts one, whose executors are on one host, so that Spark runs no task twice at once. Workers look for Spark's jars in a folder; the test's class path has them all.
     */
    static JavaSparkContext spark() throws IOException {
        Files.createDirectories(Path.of(System.getenv("SPARK_HOME"), "jars"));
        return new JavaSparkContext(new SparkConf()
                .setMaster("local-cluster[2,1,1024]")
                .setAppName("wsvd")
                .set("spark.driver.host", "127.0.0.1")
                .set("spark.driver.bindAddress", "127.0.0.1")
                .set("spark.executor.memory", "1g")
                .set("spark.executor.extraClassPath", WsvdProcess.classPath())
                .set("spark.ui.enabled", "false"));
    }

    /** The processes of the executors that are there. */
    static Set<Long> executors(JavaSparkContext spark) {
        List<Integer> tasks = IntStream.range(0, 8).boxed().toList();
        return new TreeSet<>(spark.parallelize(tasks, tasks.size())
                .map(task -> {
                    // So long that each executor gets some.
                    Thread.sleep(500);
                    return ProcessHandle.current().pid();
                })
                .collect());
    }
}
