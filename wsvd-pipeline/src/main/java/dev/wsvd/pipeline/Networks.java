package dev.wsvd.pipeline;

import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.score.ScoredPlan;
import dev.wsvd.domain.spi.CompressibleModel;
import java.util.List;
import java.util.function.UnaryOperator;

/** Makes networks of plans to be evaluated, one at a time. */
final class Networks<M> {
    private final Run<M> run;
    private final Finish<M> finish;
    private final boolean correct;

    Networks(Run<M> run, Finish<M> finish, boolean correct) {
        this.run = run;
        this.finish = finish;
        this.correct = correct;
    }

    /**
     * The network after a plan.
     *
     * @param quickly with factors as they are, else as it would be handed over
     */
    synchronized CompressibleModel<M> of(CompressibleModel<M> original, Plan plan, boolean quickly) {
        return quickly
                ? original.with(run.replacer().quick(plan))
                : finish.tuned(original.with(correction().apply(run.replacer().refined(Int8.inFloat(plan)))), plan);
    }

    /** What evaluations of that network are kept by. */
    ScoredPlan scored(Plan plan, boolean quickly) {
        return quickly ? ScoredPlan.quick(plan) : new ScoredPlan(finish.changes(plan), false, correct, finish.isInt8());
    }

    /** What is done to replacements once they are made. */
    UnaryOperator<List<Replacement>> correction() {
        return correct ? run.calibrated()::corrected : UnaryOperator.identity();
    }
}
