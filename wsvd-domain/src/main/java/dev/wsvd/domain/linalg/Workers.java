package dev.wsvd.domain.linalg;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;

/**
 * Runs independent tasks on the calling thread and the JDK's common pool.
 *
 * <p>Which thread takes a task is left to chance, so a task must own what it writes and its result must not depend on how
 * many threads there are. The caller waits only for tasks that others have begun, never for a thread of the pool to come
 * free: a pool that is busy or has no threads slows nothing down, and tasks may run tasks of their own.
 */
public final class Workers {
    private final int tasks;
    /** Null when all have ended: a helper that the pool has not begun by then would keep the caller's arrays in memory. */
    private volatile IntConsumer task;

    private final AtomicInteger next = new AtomicInteger();
    private final CountDownLatch open;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    private Workers(int tasks, IntConsumer task) {
        this.tasks = tasks;
        this.task = task;
        this.open = new CountDownLatch(tasks);
    }

    /** How many tasks can make progress at once. */
    public static int count() {
        return Math.min(
                ForkJoinPool.getCommonPoolParallelism() + 1,
                Runtime.getRuntime().availableProcessors());
    }

    /** Runs task 0 … tasks − 1, in any order, and returns when all have ended; throws what one of them threw. */
    public static void forEach(int tasks, IntConsumer task) {
        forEach(tasks, count(), task);
    }

    /**
     * The same, at most so many at once.
     *
     * @param atOnce at least 1
     */
    public static void forEach(int tasks, int atOnce, IntConsumer task) {
        int helpers = Math.min(Math.min(tasks, atOnce), count()) - 1;
        if (helpers <= 0) {
            for (int i = 0; i < tasks; i++) {
                task.accept(i);
            }
            return;
        }
        Workers run = new Workers(tasks, task);
        for (int i = 0; i < helpers; i++) {
            ForkJoinPool.commonPool().execute(run::drain);
        }
        run.drain();
        run.awaitOthers();
        run.task = null;
        Throwable thrown = run.failure.get();
        if (thrown instanceof Error error) {
            throw error;
        }
        if (thrown instanceof RuntimeException exception) {
            throw exception;
        }
    }

    private void drain() {
        for (int i = next.getAndIncrement(); i < tasks; i = next.getAndIncrement()) {
            try {
                if (failure.get() == null) {
                    task.accept(i);
                }
            } catch (RuntimeException | Error e) {
                failure.compareAndSet(null, e);
            } finally {
                open.countDown();
            }
        }
    }

    /** Not to be interrupted: the others write to the caller's arrays. */
    private void awaitOthers() {
        boolean interrupted = false;
        while (true) {
            try {
                open.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
