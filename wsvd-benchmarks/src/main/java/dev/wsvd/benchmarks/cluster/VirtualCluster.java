package dev.wsvd.benchmarks.cluster;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;

/** A driver and executors in virtual time: each executor does one task after the other, and the driver one thing after the other. */
final class VirtualCluster {
    /** Tasks, of which some may become ready only when others are done. */
    interface Tasks<T> {
        /** A task that is ready, taken. */
        Optional<T> next();

        /** How long it takes an executor. */
        double seconds(T task);

        /** It is done, and the driver has its result. */
        void done(T task);
    }

    /**
     * What besides the tasks takes time, in seconds.
     *
     * @param dispatch of the driver for each task
     * @param result of the driver for each result
     * @param start of an executor before its first task: files and the model
     * @param spread of task times: the standard deviation of their logarithm, 0 for none
     */
    record Overheads(double dispatch, double result, double start, double spread) {
        static final Overheads NONE = new Overheads(0, 0, 0, 0);
    }

    private record Running<T>(T task, int executor, double end) {}

    private final int executors;
    private final Overheads overheads;

    VirtualCluster(int executors, Overheads overheads) {
        this.executors = executors;
        this.overheads = overheads;
    }

    /** When the driver has the last result. */
    <T> double makespan(Tasks<T> tasks) {
        Random random = new Random(1);
        boolean[] started = new boolean[executors];
        double[] freeSince = new double[executors];
        Deque<Integer> idle = new ArrayDeque<>();
        for (int i = 0; i < executors; i++) {
            idle.add(i);
        }
        PriorityQueue<Running<T>> running = new PriorityQueue<>(Comparator.comparingDouble(Running::end));
        double driver = 0;
        while (true) {
            while (!idle.isEmpty()) {
                Optional<T> next = tasks.next();
                if (next.isEmpty()) {
                    break;
                }
                int executor = idle.poll();
                driver += overheads.dispatch();
                double begin = Math.max(driver, freeSince[executor]) + (started[executor] ? 0 : overheads.start());
                started[executor] = true;
                double spread = Math.exp(overheads.spread() * random.nextGaussian());
                running.add(new Running<>(next.get(), executor, begin + spread * tasks.seconds(next.get())));
            }
            if (running.isEmpty()) {
                return driver;
            }
            Running<T> first = running.poll();
            driver = Math.max(driver, first.end()) + overheads.result();
            freeSince[first.executor()] = first.end();
            idle.add(first.executor());
            tasks.done(first.task());
        }
    }
}
