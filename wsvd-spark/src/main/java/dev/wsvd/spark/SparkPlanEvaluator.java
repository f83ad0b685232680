package dev.wsvd.spark;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.spi.PlanEvaluator;
import dev.wsvd.domain.spi.PlanQueue;
import dev.wsvd.pipeline.PlanCrew;
import java.util.Collections;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Evaluates plans on the executors of Apache Spark. A task is one plan: its network is made and evaluated where it runs, and its score comes
 * back at once. Which executor does it, whether Spark tries it again or runs it twice, changes nothing.
 *
 * <p>An executor opens the model and the data once for a run, whatever the number of its tasks. A network is evaluated with as many threads as
 * {@code spark.task.cpus} says.
 *
 * @param <M> what the format's users call a model
 */
public final class SparkPlanEvaluator<M> implements PlanEvaluator<M> {
    private final JavaSparkContext spark;
    private final SharedFiles files;
    private final CompressorFactory<M> factory;
    private final OptionalInt atOnce;

    private SparkPlanEvaluator(
            JavaSparkContext spark, SharedFiles files, CompressorFactory<M> factory, OptionalInt atOnce) {
        this.spark = spark;
        this.files = files;
        this.factory = factory;
        this.atOnce = atOnce;
    }

    /**
     * Evaluates on a cluster.
     *
     * @param files what the factory needs: the model, and the data of the evaluator
     * @param factory makes the compressor of the run that this is given to; how its factors are made need not be said again: moments that the
     *     run has learnt are sent along
     */
    public static <M> SparkPlanEvaluator<M> of(
            JavaSparkContext spark, SharedFiles files, CompressorFactory<M> factory) {
        return new SparkPlanEvaluator<>(spark, files, factory, OptionalInt.empty());
    }

    /**
     * The same with so many plans under way at most; by default twice as many as there are cores at the beginning, or as there may be where
     * {@code spark.dynamicAllocation.maxExecutors} says it.
     *
     * @param plans at least 1
     */
    public SparkPlanEvaluator<M> atOnce(int plans) {
        if (plans < 1) {
            throw new InvalidInputException("At least 1 plan is under way, found " + plans + ".");
        }
        return new SparkPlanEvaluator<>(spark, files, factory, OptionalInt.of(plans));
    }

    @Override
    public boolean isHere() {
        return false;
    }

    @Override
    public void evaluate(PlanQueue<M> queue) {
        Optional<SharedFiles> moments = SentMoments.of(spark, queue::saveLearnt);
        int most = Math.min(queue.atMost(), atOnce.orElseGet(() -> Jobs.atOnce(spark)));
        Jobs.tagged(spark, tag -> {
            Function<Plan, Evaluation> job = plan -> evaluated(tag, PlanTask.of(plan, queue), moments);
            PlanCrew.work(queue, Collections.nCopies(Math.max(1, most), job));
        });
    }

    /** By a job of one task, whose result is here as soon as it is done. */
    private Evaluation evaluated(String tag, PlanTask task, Optional<SharedFiles> moments) {
        SharedFiles ofModel = files;
        SharedFiles ofMoments = moments.orElse(null);
        CompressorFactory<M> made = factory;
        int threads = spark.getConf().getInt("spark.task.cpus", 1);
        return Jobs.one(
                        spark,
                        tag,
                        "evaluating " + task.described(),
                        () -> result(task, made, ofModel, ofMoments, threads))
                .evaluation();
    }

    private static <M> PlanTask.Result result(
            PlanTask task, CompressorFactory<M> factory, SharedFiles files, SharedFiles moments, int threads) {
        return task.evaluatedBy(
                ExecutorSession.of(factory, files, Optional.ofNullable(moments)).planWorker(threads));
    }
}
