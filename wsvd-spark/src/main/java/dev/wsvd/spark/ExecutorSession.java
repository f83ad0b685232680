package dev.wsvd.spark;

import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.evaluation.NpzMoments;
import dev.wsvd.pipeline.LayerWorker;
import dev.wsvd.pipeline.ModelCompressor;
import dev.wsvd.pipeline.MomentsWorker;
import dev.wsvd.pipeline.PlanWorker;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.spark.TaskContext;
import org.apache.spark.util.TaskCompletionListener;

/**
 * What this JVM has opened for a run. It is closed when the run has learnt something new, and when no task has used it for a while: native
 * memory would not hold many.
 */
final class ExecutorSession<M> {
    /** A run may be at something else in between, such as an evaluation of its own. */
    private static final Duration IDLE = Duration.ofMinutes(15);

    /** Where another run begins, this one has probably ended. Tasks of two runs at once come one after the other. */
    private static final Duration IDLE_WHERE_ANOTHER_BEGINS = Duration.ofSeconds(10);

    private static final Map<String, ExecutorSession<?>> OF_RUNS = new HashMap<>();
    private static boolean watched;

    private final String learnt;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final ModelCompressor<M> compressor;
    private PlanWorker<M> planWorker;
    private LayerWorker<M> layerWorker;
    private MomentsWorker<M> momentsWorker;
    private int users;
    private long lastUsed;
    private boolean replaced;

    private ExecutorSession(
            String learnt, CompressorFactory<M> factory, SharedFiles files, Optional<SharedFiles> moments) {
        this.learnt = learnt;
        try {
            this.compressor = factory.open(files.folder(opened::push), opened::push);
            moments.ifPresent(sent -> compressor.moments(NpzMoments.at(SentMoments.file(sent, opened::push))));
        } catch (WsvdException | Error e) {
            close();
            throw e;
        } catch (Exception e) {
            close();
            throw new IllegalStateException("The compressor could not be made on an executor: " + e, e);
        }
    }

    /**
     * The session of a run, for the task that this thread does, until its end.
     *
     * @param moments what was learnt, if it was
     */
    static <M> ExecutorSession<M> of(CompressorFactory<M> factory, SharedFiles files, Optional<SharedFiles> moments) {
        synchronized (ExecutorSession.class) {
            String run = files.id() + Digests.of(factory);
            String learnt = moments.map(SharedFiles::id).orElse("");
            ExecutorSession<?> known = OF_RUNS.get(run);
            if (known == null || !known.learnt.equals(learnt)) {
                known = open(run, learnt, factory, files, moments);
            }
            // One run has one kind of models.
            @SuppressWarnings("unchecked")
            ExecutorSession<M> session = (ExecutorSession<M>) known;
            session.users++;
            TaskContext.get().addTaskCompletionListener((TaskCompletionListener) context -> session.left());
            return session;
        }
    }

    private static <M> ExecutorSession<M> open(
            String run, String learnt, CompressorFactory<M> factory, SharedFiles files, Optional<SharedFiles> moments) {
        closeIdle(IDLE_WHERE_ANOTHER_BEGINS);
        // So that files of both stay where they are.
        Deque<AutoCloseable> stay = new ArrayDeque<>();
        files.folder(stay::push);
        try {
            Optional.ofNullable(OF_RUNS.remove(run)).ifPresent(before -> {
                before.replaced = true;
                before.closeIfDone();
            });
            ExecutorSession<M> session = new ExecutorSession<>(learnt, factory, files, moments);
            OF_RUNS.put(run, session);
            watchIdle();
            return session;
        } finally {
            close(stay);
        }
    }

    private static void watchIdle() {
        if (!watched) {
            watched = true;
            Executors.newSingleThreadScheduledExecutor(task -> {
                        Thread thread = new Thread(task, "wsvd-idle");
                        thread.setDaemon(true);
                        return thread;
                    })
                    .scheduleWithFixedDelay(() -> closeIdle(IDLE), 1, 1, TimeUnit.MINUTES);
        }
    }

    /** Closes what no task has used for that long. */
    static void closeIdle(Duration least) {
        synchronized (ExecutorSession.class) {
            OF_RUNS.values().removeIf(session -> {
                boolean idle = session.users == 0 && System.nanoTime() - session.lastUsed >= least.toNanos();
                if (idle) {
                    session.close();
                }
                return idle;
            });
        }
    }

    private void left() {
        synchronized (ExecutorSession.class) {
            users--;
            lastUsed = System.nanoTime();
            closeIfDone();
        }
    }

    private void closeIfDone() {
        if (users == 0 && replaced) {
            close();
        }
    }

    /** What evaluates plans. */
    synchronized PlanWorker<M> planWorker(int threads) {
        if (planWorker == null) {
            planWorker = compressor.planWorker(threads);
            opened.push(planWorker);
        }
        return planWorker;
    }

    /** What decomposes layers. */
    synchronized LayerWorker<M> layerWorker() {
        if (layerWorker == null) {
            layerWorker = compressor.layerWorker();
            opened.push(layerWorker);
        }
        return layerWorker;
    }

    /** What learns moments. */
    synchronized MomentsWorker<M> momentsWorker(int threads) {
        if (momentsWorker == null) {
            momentsWorker = compressor.momentsWorker(threads);
            opened.push(momentsWorker);
        }
        return momentsWorker;
    }

    private void close() {
        close(opened);
    }

    private static void close(Deque<AutoCloseable> opened) {
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                // What is left of an earlier run must not end this one.
            }
        }
    }
}
