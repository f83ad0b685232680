package dev.wsvd.spark;

import dev.wsvd.domain.error.EngineLostException;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.LinearAlgebraException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.error.WsvdException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/** Jobs of Spark, whose failures are told in wsvd's words. */
final class Jobs {
    /** Each that is under way has a thread of the driver. */
    private static final int MOST = 4096;

    /** The exit code of an executor whose memory did not do. */
    private static final int OUT_OF_MEMORY = 52;

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
            // Spark's methods throw checked exceptions that they do not declare.
            throw new WsvdException("Spark failed at " + what + ": " + reason(e) + ".", e);
        }
    }

    /** A task, sent to where it is done with all that it holds. */
    interface Task<T extends Serializable> extends Serializable {
        T result();
    }

    /**
     * What a job of one task gives. The task and its result go by Java's serialization, whatever Spark uses for data.
     *
     * @param what for people, and for the message if it fails
     * @throws WsvdException that the task throws, which would be the same on any executor; or if it fails in another way, after as many tries
     *     as Spark makes
     */
    static <T extends Serializable> T one(JavaSparkContext spark, String what, Task<T> task) {
        Answer answer = read(described(
                spark,
                what,
                () -> made(
                        what,
                        () -> spark.parallelize(List.of(0), 1)
                                .map(number -> bytes(answer(task)))
                                .collect()
                                .get(0))));
        if (answer.failure() != null) {
            throw answer.failure();
        }
        // It is what the task gives.
        @SuppressWarnings("unchecked")
        T result = (T) answer.result();
        return result;
    }

    /** What a task gives, or why it would fail on any executor. */
    private record Answer(Serializable result, WsvdException failure) implements Serializable {}

    private static Answer answer(Task<?> task) {
        try {
            return new Answer(task.result(), null);
        } catch (EngineLostException e) {
            // It may have been this executor's.
            throw e;
        } catch (InvalidInputException e) {
            return new Answer(null, new InvalidInputException(e.getMessage()));
        } catch (ModelFormatException e) {
            return new Answer(null, new ModelFormatException(e.getMessage()));
        } catch (LinearAlgebraException e) {
            return new Answer(null, new LinearAlgebraException(e.getMessage()));
        } catch (WsvdException e) {
            return new Answer(null, new WsvdException(e.getMessage()));
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
        long tasks = spark.defaultParallelism();
        int most = conf.getInt("spark.dynamicAllocation.maxExecutors", Integer.MAX_VALUE);
        if (conf.getBoolean("spark.dynamicAllocation.enabled", false) && most < Integer.MAX_VALUE) {
            long cores = conf.getInt("spark.executor.cores", 1);
            tasks = Math.max(tasks, most * cores / conf.getInt("spark.task.cpus", 1));
        }
        return (int) Math.min(MOST, 2 * tasks);
    }

    private static byte[] bytes(Serializable result) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(result);
        }
        return bytes.toByteArray();
    }

    /** What tells a factory from others: all that it holds. */
    static String digest(CompressorFactory<?> factory) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes(factory)));
        } catch (IOException | NoSuchAlgorithmException e) {
            throw new WsvdException("The factory of compressors cannot be sent to executors: " + e + ".", e);
        }
    }

    /** What tells a file's content from others. */
    static String digest(Path file) throws IOException {
        try (DigestInputStream in =
                new DigestInputStream(Files.newInputStream(file), MessageDigest.getInstance("SHA-256"))) {
            in.transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(in.getMessageDigest().digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What executors of this run have written. */
    private static Answer read(byte[] result) {
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(result))) {
            return (Answer) in.readObject();
        } catch (IOException | ClassNotFoundException e) {
            throw new WsvdException("An executor's result cannot be read: " + e.getMessage() + ".", e);
        }
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
