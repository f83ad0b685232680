package dev.wsvd.pipeline;

import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.PlanEvaluator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** Evaluates plans one after the other in this process; a model exists only as long as that takes. */
final class LocalPlanEvaluator<M> implements PlanEvaluator<M> {
    private final Scoring<M> scoring;
    private final Function<Plan, List<Replacement>> made;

    /** @param made what a plan puts in layers' places */
    LocalPlanEvaluator(Scoring<M> scoring, Function<Plan, List<Replacement>> made) {
        this.scoring = scoring;
        this.made = made;
    }

    @Override
    public Stream<Evaluation> evaluate(CompressibleModel<M> original, List<Plan> plans) {
        return plans.stream().map(plan -> {
            try (CompressibleModel<M> candidate = original.with(made.apply(plan))) {
                return scoring.evaluate(candidate.model(), described(plan));
            }
        });
    }

    private static String described(Plan plan) {
        return plan.changes().size() == 1
                ? plan.changes().entrySet().stream()
                        .map(change -> "the network with layer '" + change.getKey() + "' at " + change.getValue())
                        .findFirst()
                        .orElseThrow()
                : "the network with " + plan.changes().size() + " layers replaced";
    }
}
