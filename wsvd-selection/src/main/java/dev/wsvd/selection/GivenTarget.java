package dev.wsvd.selection;

import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.spi.SelectionProblem;
import java.util.Optional;

/** Ranks given by hand may miss the target; selected ones never do. */
final class GivenTarget {
    private GivenTarget() {}

    /** @throws UnreachableTargetException if the plan costs more than the target */
    static void require(SelectionProblem problem, Optional<CompressionRatio> target, Plan plan) {
        target.ifPresent(ratio -> {
            Metric metric = problem.metric();
            long before = problem.cost(Plan.NONE).of(metric);
            long after = problem.cost(plan).of(metric);
            if (!ratio.admits(after, before)) {
                throw UnreachableTargetException.ofGivenRanks(metric.id(), ratio.toDouble(), (double) after / before);
            }
        });
    }
}
