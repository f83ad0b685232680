package dev.wsvd.backend.openblas;

import dev.wsvd.domain.error.InvalidInputException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas;
import org.bytedeco.openblas.presets.openblas_nolapack;

/**
 * Calls into OpenBLAS, one at a time. Its number of threads belongs to the whole process, and what it computes depends on it,
 * so two calls at once could neither keep to theirs nor give the same bits each time.
 */
final class Threads {
    /** How many threads OpenBLAS may use for wsvd; its own default if not set. */
    static final String PROPERTY = "wsvd.openblas.threads";

    private static final ReentrantLock LOCK = new ReentrantLock();

    static {
        // Before that there is nothing to set.
        Loader.load(openblas.class);
    }

    private Threads() {}

    /** Runs with the number of threads asked for and leaves OpenBLAS with that it had. */
    static void run(Runnable call) {
        int wanted = wanted();
        LOCK.lock();
        try {
            int before = current();
            if (wanted == 0 || wanted == before) {
                call.run();
                return;
            }
            openblas_nolapack.blas_set_num_threads(wanted);
            try {
                call.run();
            } finally {
                openblas_nolapack.blas_set_num_threads(before);
            }
        } finally {
            LOCK.unlock();
        }
    }

    /** What was last set from Java; if nothing was, what OpenBLAS takes by itself, for the presets cannot ask it. */
    static int current() {
        int set = openblas_nolapack.blas_get_num_threads();
        return set > 0
                ? set
                : Stream.of("OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS")
                        .map(System::getenv)
                        .filter(value -> value != null && value.matches("[1-9]\\d{0,4}"))
                        .map(Integer::parseInt)
                        .findFirst()
                        .orElse(Runtime.getRuntime().availableProcessors());
    }

    private static int wanted() {
        String value = System.getProperty(PROPERTY);
        if (value == null) {
            return 0;
        }
        try {
            int threads = Integer.parseInt(value);
            if (threads >= 1) {
                return threads;
            }
        } catch (NumberFormatException e) {
            throw refused(value, e);
        }
        throw refused(value, null);
    }

    private static InvalidInputException refused(String value, Throwable cause) {
        return new InvalidInputException(
                "The system property " + PROPERTY + " must be a number of at least 1, found '" + value + "'.", cause);
    }
}
