package dev.wsvd.spark;

import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.evaluation.NpzMoments;
import dev.wsvd.pipeline.LayerWorker;
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
    private final ModelCompressor<?> compressor;
    private PlanWorker<?> planWorker;
    private LayerWorker<?> layerWorker;

    private ExecutorSession(CompressorFactory<?> factory, SharedFiles files, Optional<Path> moments) {
        try {
            this.compressor = factory.open(files.folder(), opened::push);
            moments.ifPresent(file -> compressor.moments(NpzMoments.at(file)));
        } catch (WsvdException | Error e) {
            close();
            throw e;
        } catch (Exception e) {
            close();
            throw new WsvdException("The compressor could not be made on an executor: " + e, e);
        }
    }

    /**
     * The worker of a run that evaluates plans.
     *
     * @param moments the file of what was learnt, if it was
     */
    static synchronized PlanWorker<?> planWorker(
            CompressorFactory<?> factory, SharedFiles files, Optional<SharedFiles> moments, int threads) {
        ExecutorSession of = of(factory, files, moments);
        if (of.planWorker == null) {
            of.planWorker = of.compressor.planWorker(threads);
            of.opened.push(of.planWorker);
        }
        return of.planWorker;
    }

    /**
     * The worker of a run that decomposes layers.
     *
     * @param moments the file of what was learnt, if it was
     */
    static synchronized LayerWorker<?> layerWorker(
            CompressorFactory<?> factory, SharedFiles files, Optional<SharedFiles> moments) {
        ExecutorSession of = of(factory, files, moments);
        if (of.layerWorker == null) {
            of.layerWorker = of.compressor.layerWorker();
            of.opened.push(of.layerWorker);
        }
        return of.layerWorker;
    }

    private static ExecutorSession of(CompressorFactory<?> factory, SharedFiles files, Optional<SharedFiles> moments) {
        String wanted = files.id() + moments.map(SharedFiles::id).orElse("");
        if (!wanted.equals(current)) {
            if (session != null) {
                session.close();
                session = null;
                current = "";
            }
            session = new ExecutorSession(factory, files, moments.map(SentMoments::file));
            current = wanted;
        }
        return session;
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
