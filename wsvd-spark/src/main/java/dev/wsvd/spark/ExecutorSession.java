package dev.wsvd.spark;

import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.evaluation.NpzMoments;
import dev.wsvd.pipeline.ModelCompressor;
import dev.wsvd.pipeline.PlanWorker;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/** What this JVM has opened for the run it works for: one at a time, since native memory would not hold several for long. */
final class ExecutorSession {
    private static String current = "";
    private static ExecutorSession session;

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final PlanWorker<?> worker;

    private <M> ExecutorSession(CompressorFactory<M> factory, SharedFiles files, Optional<Path> moments, int threads) {
        try {
            ModelCompressor<M> compressor = factory.open(files.folder(), opened::push);
            moments.ifPresent(file -> compressor.moments(NpzMoments.at(file)));
            this.worker = compressor.planWorker(threads);
            opened.push(worker);
        } catch (WsvdException | Error e) {
            close();
            throw e;
        } catch (Exception e) {
            close();
            throw new WsvdException("The compressor could not be made on an executor: " + e, e);
        }
    }

    /**
     * The worker of a run.
     *
     * @param moments the file of what was learnt, if it was
     */
    static synchronized <M> PlanWorker<?> worker(
            CompressorFactory<M> factory, SharedFiles files, Optional<SharedFiles> moments, int threads) {
        String wanted = files.id() + moments.map(SharedFiles::id).orElse("");
        if (!wanted.equals(current)) {
            if (session != null) {
                session.close();
                session = null;
                current = "";
            }
            session = new ExecutorSession(
                    factory, files, moments.map(some -> some.folder().resolve(SparkPlanEvaluator.MOMENTS)), threads);
            current = wanted;
        }
        return session.worker;
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
