package dev.wsvd.spark;

import dev.wsvd.domain.error.WsvdException;
import java.io.Serializable;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/** Jobs of Spark, whose failures are told in wsvd's words. */
final class Jobs {
    /** Each that is under way has a thread of the driver. */
    private static final int MOST = 4096;

    /** The exit code of an executor whose memory did not do. */
    private static final int OUT_OF_MEMORY = 52;

    /** What Spark's exceptions say where its context is no more. */
    private static final List<String> STOPPED =
            List.of("Cannot call methods on a stopped SparkContext", "SparkContext was shut down");

    private static final String DESCRIPTION = "spark.job.description";

    private Jobs() {}

    /**
     * What a job gives.
     *
     * @param what for the message if it fails
     * @throws WsvdException if it does, after as many tries as Spark makes
     */
    static <T> T made(String what, Callable<T> job) {
        try {
            return job.call();
        } catch (WsvdException e) {
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new WsvdException("The wait for Spark was interrupted at " + what + ".", e);
        } catch (Exception e) {
            if (STOPPED.stream().anyMatch(String.valueOf(e.getMessage())::contains)) {
                throw stopped(e);
            }
            // Spark's methods throw checked exceptions that they do not declare.
            throw new WsvdException("Spark failed at " + what + ": " + reason(e) + ".", e);
        }
    }

    /** @throws WsvdException if Spark has stopped, as where its master does not answer */
    static void requireRunning(JavaSparkContext spark) {
        if (spark.sc().isStopped()) {
            throw stopped(null);
        }
    }

    private static WsvdException stopped(Exception cause) {
        return new WsvdException(
                "Spark has stopped. Maybe its master does not answer any more, or no executor can be started there;"
                        + " WSVD_SPARK_LOG=INFO shows Spark's log.",
                cause);
    }

    /**
     * Does something that has jobs of a tag; if it fails, those that go on are given up.
     *
     * @param work takes the tag
     */
    static void tagged(JavaSparkContext spark, Consumer<String> work) {
        requireRunning(spark);
        String tag = "wsvd-" + UUID.randomUUID();
        try {
            work.accept(tag);
        } catch (RuntimeException | Error e) {
            // Nobody wants the others any more.
            if (!spark.sc().isStopped()) {
                spark.cancelJobsWithTag(tag);
            }
            throw e;
        }
    }

    /**
     * What a job of one task gives. The task and its result go by Java's serialization, whatever Spark uses for data.
     *
     * @param tag of {@link #tagged}
     * @param what for people, and for the message if it fails
     * @throws WsvdException that the task throws, which would be the same on any executor; or if it fails in another way, after as many tries
     *     as Spark makes
     */
    static <T extends Serializable> T one(JavaSparkContext spark, String tag, String what, Answer.Task<T> task) {
        spark.addJobTag(tag);
        try {
            return Answer.read(described(
                    spark,
                    what,
                    () -> made(
                            what,
                            () -> spark.parallelize(List.of(0), 1)
                                    .map(number -> Answer.of(task))
                                    .collect()
                                    .get(0))));
        } finally {
            spark.removeJobTag(tag);
        }
    }

    /** What jobs of this thread give, which have a description where Spark shows them. */
    static <T> T described(JavaSparkContext spark, String what, Supplier<T> jobs) {
        String before = spark.getLocalProperty(DESCRIPTION);
        spark.setJobDescription("wsvd: " + what);
        try {
            return jobs.get();
        } finally {
            spark.setLocalProperty(DESCRIPTION, before);
        }
    }

    /**
     * How many jobs are under way where nothing else is said: two for each task that may run at once, so that no executor waits for its next.
     * Where executors are added as they are needed, as many as there may be at most count, if that is limited.
     */
    static int atOnce(JavaSparkContext spark) {
        SparkConf conf = spark.getConf();
        int cpus = conf.getInt("spark.task.cpus", 1);
        long tasks = Math.max(1, made("counting its cores", spark::defaultParallelism) / cpus);
        int most = conf.getInt("spark.dynamicAllocation.maxExecutors", Integer.MAX_VALUE);
        if (conf.getBoolean("spark.dynamicAllocation.enabled", false) && most < Integer.MAX_VALUE) {
            long cores = conf.getInt("spark.executor.cores", 1);
            tasks = Math.max(tasks, most * cores / cpus);
        }
        return (int) Math.min(MOST, 2 * tasks);
    }

    /** Spark's own words, and the cause that they hide. */
    private static String reason(Exception e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String said = firstLine(cause);
        String reason = firstLine(e);
        if (!reason.contains(said)) {
            reason += ": " + said;
        }
        return reason.contains("exited with code " + OUT_OF_MEMORY)
                ? reason + ". Maybe give executors more memory (spark.executor.memory)"
                : reason;
    }

    private static String firstLine(Throwable e) {
        return String.valueOf(e.getMessage())
                .lines()
                .findFirst()
                .orElse("unknown")
                .replaceAll("\\.$", "");
    }
}
