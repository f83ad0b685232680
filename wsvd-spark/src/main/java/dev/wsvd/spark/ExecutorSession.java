package dev.wsvd.spark;

import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.evaluation.NpzMoments;
import dev.wsvd.pipeline.LayerWorker;
import dev.wsvd.pipeline.ModelCompressor;
import dev.wsvd.pipeline.MomentsWorker;
import dev.wsvd.pipeline.PlanWorker;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.apache.spark.TaskContext;
import org.apache.spark.util.TaskCompletionListener;

/**
 * What this JVM has opened for the run it works for. It is closed when a task of another run has come and no task of its own uses it any more:
 * native memory would not hold several for long.
 */
final class ExecutorSession<M> {
    private static ExecutorSession<?> current;

    private final String id;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final ModelCompressor<M> compressor;
    private PlanWorker<M> planWorker;
    private LayerWorker<M> layerWorker;
    private MomentsWorker<M> momentsWorker;
    private int users;

    private ExecutorSession(String id, CompressorFactory<M> factory, SharedFiles files, Optional<SharedFiles> moments) {
        this.id = id;
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
            String wanted = files.id() + moments.map(SharedFiles::id).orElse("") + Jobs.digest(factory);
            if (current != null && !current.id.equals(wanted)) {
                ExecutorSession<?> before = current;
                current = null;
                before.closeIfUnused();
            }
            if (current == null) {
                current = new ExecutorSession<>(wanted, factory, files, moments);
            }
            // One run has one kind of models.
            @SuppressWarnings("unchecked")
            ExecutorSession<M> session = (ExecutorSession<M>) current;
            session.users++;
            TaskContext.get().addTaskCompletionListener((TaskCompletionListener) context -> session.left());
            return session;
        }
    }

    private void left() {
        synchronized (ExecutorSession.class) {
            users--;
            closeIfUnused();
        }
    }

    private void closeIfUnused() {
        if (users == 0 && current != this) {
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
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                // What is left of an earlier run must not end this one.
            }
        }
    }
}
