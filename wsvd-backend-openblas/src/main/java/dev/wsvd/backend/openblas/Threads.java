package dev.wsvd.backend.openblas;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.linalg.Workers;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.openblas.global.openblas;
import org.bytedeco.openblas.presets.openblas_nolapack;

/**
 * Calls into OpenBLAS, one operation at a time. Its number of threads belongs to the whole process, and what it computes depends on it,
 * so two operations at once could neither keep to theirs nor give the same bits each time.
 *
 * <p>OpenBLAS's own threads wait for more to do by spinning, for some hundredths of a second after each call. So they are used only where
 * an operation cannot be shared among ours and takes longer than that.
 */
final class Threads {
    /** How many threads may work for wsvd; as many as OpenBLAS takes by itself if not set. */
    static final String PROPERTY = "wsvd.openblas.threads";

    private static final int LONG = 1000;

    private static final ReentrantLock LOCK = new ReentrantLock();

    static {
        // Before that there is nothing to set.
        Loader.load(openblas.class);
    }

    private static final IntConsumer SET = setter();

    /** What OpenBLAS takes by itself, for the presets cannot ask it. */
    private static final int OWN = Stream.of("OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS")
            .map(System::getenv)
            .filter(value -> value != null && value.matches("[1-9]\\d{0,4}"))
            .map(Integer::parseInt)
            .findFirst()
            .orElse(Runtime.getRuntime().availableProcessors());

    /** What was last set here; 0 if nothing was. */
    private static volatile int now;

    private Threads() {}

    /** The presets look their function up by name at every call, which takes longer than many a product. */
    private static IntConsumer setter() {
        Pointer function = Loader.addressof("openblas_set_num_threads");
        return function == null ? openblas_nolapack::blas_set_num_threads : new SetNumThreads(function)::call;
    }

    private static void set(int threads) {
        SET.accept(threads);
        now = threads;
    }

    private static final class SetNumThreads extends openblas_nolapack.SetNumThreads {
        SetNumThreads(Pointer function) {
            put(function);
        }
    }

    /** Tasks that each call OpenBLAS for one thread of its, at most so many at once as there may be threads. */
    static void forEach(int tasks, IntConsumer task) {
        int threads = wanted();
        run(1, () -> Workers.forEach(tasks, threads, task));
    }

    /**
     * One call, with OpenBLAS's own threads if it is a long one.
     *
     * @param size rows and columns of a matrix of which all is gone through about as many times
     */
    static void runLong(int size, Runnable call) {
        run(size < LONG ? 1 : wanted(), call);
    }

    /** Leaves OpenBLAS with the number of threads that it had. */
    private static void run(int threads, Runnable call) {
        LOCK.lock();
        try {
            int before = current();
            if (threads == before) {
                call.run();
                return;
            }
            set(threads);
            try {
                call.run();
            } finally {
                set(before);
            }
        } finally {
            LOCK.unlock();
        }
    }

    /** How many threads OpenBLAS uses outside of wsvd. */
    static int current() {
        int set = openblas_nolapack.blas_get_num_threads();
        return set > 0 ? set : OWN;
    }

    /** How many it was last told to use here; 0 if it was not told. */
    static int now() {
        return now;
    }

    private static int wanted() {
        String value = System.getProperty(PROPERTY);
        if (value == null) {
            return current();
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
