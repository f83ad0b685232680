package dev.wsvd.backend.ejml;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/**
 * Runs independent tasks on the calling thread and the JDK's common pool.
 *
 * <p>Which thread takes a task is left to chance, so a task must own what it writes and its result must not depend on how
 * many threads there are.
 */
final class Workers {
    private Workers() {}

    /** How many tasks can make progress at once. */
    static int count() {
        return ForkJoinPool.getCommonPoolParallelism() + 1;
    }

    /** Runs task 0 … tasks − 1, in any order, and returns when all have ended. */
    static void forEach(int tasks, IntConsumer task) {
        int helpers = Math.min(tasks, count()) - 1;
        if (helpers <= 0) {
            for (int i = 0; i < tasks; i++) {
                task.accept(i);
            }
            return;
        }
        AtomicInteger next = new AtomicInteger();
        Runnable drain = () -> {
            for (int i = next.getAndIncrement(); i < tasks; i = next.getAndIncrement()) {
                task.accept(i);
            }
        };
        List<ForkJoinTask<?>> started = new ArrayList<>(helpers);
        for (int i = 0; i < helpers; i++) {
            started.add(ForkJoinPool.commonPool().submit(drain));
        }
        try {
            drain.run();
        } finally {
            // Also when this thread's share failed: a helper still writes to the caller's arrays.
            started.forEach(ForkJoinTask::quietlyJoin);
        }
        started.forEach(ForkJoinTask::join);
    }
}
