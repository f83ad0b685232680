package dev.wsvd.benchmarks.cluster;

import dev.wsvd.benchmarks.cluster.VirtualCluster.Tasks;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.spi.PlanEvaluator;
import dev.wsvd.domain.spi.PlanQueue;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** Evaluates plans in virtual time, so that a real selection decides what is evaluated when. */
final class SimulatedPlanEvaluator<M> implements PlanEvaluator<M> {
    private final VirtualCluster cluster;
    private final double seconds;
    private final ToDoubleFunction<Plan> score;
    private double makespan;
    private int evaluations;

    /**
     * @param seconds of an evaluation
     * @param score of the network of a plan
     */
    SimulatedPlanEvaluator(VirtualCluster cluster, double seconds, ToDoubleFunction<Plan> score) {
        this.cluster = cluster;
        this.seconds = seconds;
        this.score = score;
    }

    @Override
    public boolean isHere() {
        return false;
    }

    @Override
    public void evaluate(PlanQueue<M> queue) {
        makespan += cluster.makespan(new Tasks<Plan>() {
            @Override
            public Optional<Plan> next() {
                return queue.next();
            }

            @Override
            public double seconds(Plan task) {
                return seconds;
            }

            @Override
            public void done(Plan task) {
                evaluations++;
                queue.made(task, Evaluation.of(score.applyAsDouble(task)));
            }
        });
    }

    /** Seconds of all evaluations so far. */
    double makespan() {
        return makespan;
    }

    int evaluations() {
        return evaluations;
    }
}
