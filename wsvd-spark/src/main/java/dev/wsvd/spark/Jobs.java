package dev.wsvd.spark;

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
import org.apache.spark.api.java.JavaSparkContext;

/** Jobs of Spark, whose failures are told in wsvd's words. */
final class Jobs {
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
     * @throws WsvdException if it does, after as many tries as Spark makes
     */
    static <T extends Serializable> T one(JavaSparkContext spark, String what, Task<T> task) {
        spark.setJobDescription("wsvd: " + what);
        byte[] result = made(
                what,
                () -> spark.parallelize(List.of(0), 1)
                        .map(number -> bytes(task.result()))
                        .collect()
                        .get(0));
        return read(result);
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
    @SuppressWarnings("unchecked")
    private static <T> T read(byte[] result) {
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(result))) {
            return (T) in.readObject();
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
        return cause == e ? firstLine(e) : firstLine(e) + ": " + firstLine(cause);
    }

    private static String firstLine(Throwable e) {
        return String.valueOf(e.getMessage())
                .lines()
                .findFirst()
                .orElse("unknown")
                .replaceAll("\\.$", "");
    }
}
