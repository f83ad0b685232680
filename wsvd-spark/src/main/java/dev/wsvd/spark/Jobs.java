package dev.wsvd.spark;

import dev.wsvd.domain.error.WsvdException;
import java.util.concurrent.Callable;

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
        } catch (Exception e) {
            // Spark's methods throw checked exceptions that they do not declare.
            throw new WsvdException("Spark failed at " + what + ": " + reason(e) + ".", e);
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
