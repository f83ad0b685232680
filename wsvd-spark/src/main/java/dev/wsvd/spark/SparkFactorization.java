package dev.wsvd.spark;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.LayerFactorizer;
import dev.wsvd.domain.spi.LayerQueue;
import dev.wsvd.domain.spi.LayerTask;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Decomposes layers on the executors of Apache Spark. A task is one layer and form: how much choices miss comes back as a few numbers, what
 * stands in the layer's place with its weights, by a job of its own, so that {@code spark.driver.maxResultSize} limits one layer and not their
 * sum. Which executor does it, whether Spark tries it again or runs it twice, changes nothing, as long as all have the same backend.
 *
 * <p>An executor opens the model once for a run and reads the weights of its tasks' layers. It decomposes one layer at a time, with all its
 * cores where that is faster.
 *
 * @param <M> what the format's users call a model
 */
public final class SparkFactorization<M> implements LayerFactorizer<M> {
    private final JavaSparkContext spark;
    private final SharedFiles files;
    private final CompressorFactory<M> factory;
    private final OptionalInt atOnce;

    private SparkFactorization(
            JavaSparkContext spark, SharedFiles files, CompressorFactory<M> factory, OptionalInt atOnce) {
        this.spark = spark;
        this.files = files;
        this.factory = factory;
        this.atOnce = atOnce;
    }

    /**
     * Decomposes on a cluster.
     *
     * @param files what the factory needs: the model
     * @param factory makes the compressor of the run that this is given to; moments that the run has learnt are sent along
     */
    public static <M> SparkFactorization<M> of(
            JavaSparkContext spark, SharedFiles files, CompressorFactory<M> factory) {
        return new SparkFactorization<>(spark, files, factory, OptionalInt.empty());
    }

    /**
     * The same with so many layers under way at most, whose weights the driver may have in memory; by default as many as
     * {@link SparkPlanEvaluator#atOnce} says of plans.
     *
     * @param layers at least 1
     */
    public SparkFactorization<M> atOnce(int layers) {
        if (layers < 1) {
            throw new InvalidInputException("At least 1 layer is under way, found " + layers + ".");
        }
        return new SparkFactorization<>(spark, files, factory, OptionalInt.of(layers));
    }

    @Override
    public boolean isHere() {
        return false;
    }

    @Override
    public void factor(LayerQueue<M> queue) {
        Optional<SharedFiles> moments = SentMoments.of(spark, queue::saveLearnt);
        int most = Math.min(queue.tasks().size(), atOnce.orElseGet(() -> Jobs.atOnce(spark)));
        ExecutorService threads = Executors.newFixedThreadPool(Math.max(1, most));
        ExecutorCompletionService<Void> jobs = new ExecutorCompletionService<>(threads);
        Jobs.tagged(spark, tag -> {
            try {
                for (LayerTask task : queue.tasks()) {
                    jobs.submit(() -> queue.made(task, made(tag, task, queue, moments)), null);
                }
                for (int done = 0; done < queue.tasks().size(); done++) {
                    Jobs.made("decomposing layers", () -> finished(jobs));
                }
            } finally {
                end(threads);
            }
        });
    }

    /** Before jobs are given up, so that none begins, and nobody is told anything any more. */
    private static void end(ExecutorService threads) {
        threads.shutdownNow();
        boolean interrupted = Thread.interrupted();
        try {
            threads.awaitTermination(1, TimeUnit.MINUTES);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for a job; the first that fails ends all. */
    private static Void finished(ExecutorCompletionService<Void> jobs) throws Exception {
        try {
            return jobs.take().get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception reason) {
                throw reason;
            }
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw e;
        }
    }

    /** By a job of one task. */
    private LayerTask.Result made(String tag, LayerTask task, LayerQueue<M> queue, Optional<SharedFiles> moments) {
        LayerWire wire = LayerWire.of(task);
        SharedFiles ofModel = files;
        SharedFiles ofMoments = moments.orElse(null);
        CompressorFactory<M> made = factory;
        LayerWire.Result result =
                Jobs.one(spark, tag, "decomposing " + wire.described(), () -> result(wire, made, ofModel, ofMoments));
        return wire.arrived(result, queue.original());
    }

    private static <M> LayerWire.Result result(
            LayerWire wire, CompressorFactory<M> factory, SharedFiles files, SharedFiles moments) {
        return wire.sent(ExecutorSession.of(factory, files, Optional.ofNullable(moments))
                .layerWorker()
                .factor(wire.task()));
    }
}
