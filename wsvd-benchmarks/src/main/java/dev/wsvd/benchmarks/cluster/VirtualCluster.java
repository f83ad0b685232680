package dev.wsvd.benchmarks.cluster;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;

/**
 * A driver and executors in virtual time: each executor does one task after the other, and the driver one thing after the other. Executors may
 * die; another one then does the task again.
 */
final class VirtualCluster {
    /** Thirty days: a run that takes longer is taken not to end. */
    private static final double NEVER = 30 * 24 * 3600;

    /** Tasks, of which some may become ready only when others are done. */
    interface Tasks<T> {
        /** A task that is ready, taken. */
        Optional<T> next();

        /** How long it takes an executor. */
        double seconds(T task);

        /** It is done, and the driver knows: once, unless its result is lost with its executor. */
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
    record Overheads(double dispatch, double result, double start, double spread, Deaths deaths) {
        static final Overheads NONE = new Overheads(0, 0, 0, 0, Deaths.NONE);
    }

    /**
     * How executors die, in seconds. The driver learns of it later than it happens, and then has the task done again before others.
     *
     * @param mean life of an executor, exponential; infinite if none dies
     * @param noticed from a death until the driver knows
     * @param replaced from a death until there is another executor, which starts anew, not before the driver knows
     * @param results whether those of an executor are lost with it until all are there, as Spark's sums of calibration are
     * @param seed of the lives
     */
    record Deaths(double mean, double noticed, double replaced, boolean results, long seed) {
        static final Deaths NONE = new Deaths(Double.POSITIVE_INFINITY, 0, 0, false, 0);

        Deaths withResults() {
            return new Deaths(mean, noticed, replaced, true, seed);
        }
    }

    private record Event(double at, Runnable what) {}

    private final int executors;
    private final Overheads overheads;

    VirtualCluster(int executors, Overheads overheads) {
        this.executors = executors;
        this.overheads = overheads;
    }

    /** When the driver has the last result; infinite if that takes more than thirty days. */
    <T> double makespan(Tasks<T> tasks) {
        return new Run<>(tasks).makespan();
    }

    private static final class Executor<T> {
        private double dies = Double.POSITIVE_INFINITY;
        private boolean started;
        private Optional<T> task = Optional.empty();
        private final List<T> done = new ArrayList<>();
    }

    private final class Run<T> {
        private final Tasks<T> tasks;
        private final Deaths deaths = overheads.deaths();
        private final Random spreads = new Random(1);
        private final Random lives = new Random(deaths.seed());
        private final Deque<Executor<T>> idle = new ArrayDeque<>();
        private final Deque<T> again = new ArrayDeque<>();
        private final PriorityQueue<Event> events = new PriorityQueue<>(Comparator.comparingDouble(Event::at));
        private double driver;
        private double last;
        private int underWay;

        Run(Tasks<T> tasks) {
            this.tasks = tasks;
        }

        double makespan() {
            for (int i = 0; i < executors; i++) {
                arrived(0);
            }
            while (driver < NEVER) {
                dispatch();
                if (underWay == 0 && !idle.isEmpty()) {
                    return last;
                }
                Event first = events.remove();
                driver = Math.max(driver, first.at());
                first.what().run();
            }
            return Double.POSITIVE_INFINITY;
        }

        private void arrived(double now) {
            Executor<T> executor = new Executor<>();
            if (deaths.mean() < Double.POSITIVE_INFINITY) {
                executor.dies = now - deaths.mean() * Math.log(1 - lives.nextDouble());
                events.add(new Event(executor.dies + deaths.noticed(), () -> dead(executor)));
            }
            idle.add(executor);
        }

        private void dispatch() {
            while (!idle.isEmpty()) {
                Optional<T> next = again.isEmpty() ? tasks.next() : Optional.of(again.remove());
                if (next.isEmpty()) {
                    return;
                }
                dispatch(next.get(), idle.remove());
            }
        }

        private void dispatch(T task, Executor<T> executor) {
            driver += overheads.dispatch();
            double begin = driver + (executor.started ? 0 : overheads.start());
            double end = begin + Math.exp(overheads.spread() * spreads.nextGaussian()) * tasks.seconds(task);
            executor.started = true;
            executor.task = Optional.of(task);
            underWay++;
            if (end <= executor.dies) {
                events.add(new Event(end, () -> done(task, executor)));
            }
        }

        private void done(T task, Executor<T> executor) {
            driver += overheads.result();
            last = driver;
            executor.task = Optional.empty();
            executor.done.add(task);
            underWay--;
            idle.add(executor);
            tasks.done(task);
        }

        private void dead(Executor<T> executor) {
            executor.task.ifPresent(task -> {
                again.add(task);
                underWay--;
            });
            if (deaths.results()) {
                again.addAll(executor.done);
            }
            idle.remove(executor);
            double back = executor.dies + Math.max(deaths.noticed(), deaths.replaced());
            events.add(new Event(back, () -> arrived(back)));
        }
    }
}
