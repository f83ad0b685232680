package dev.wsvd.pipeline;

import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.PlanEvaluator;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/** Evaluates plans one after the other in this process; a model exists only as long as that takes. */
final class LocalPlanEvaluator<M> implements PlanEvaluator<M> {
    private final Scoring<M> scoring;
    private final BiFunction<CompressibleModel<M>, Plan, CompressibleModel<M>> made;

    /** @param made the network after a plan */
    LocalPlanEvaluator(Scoring<M> scoring, BiFunction<CompressibleModel<M>, Plan, CompressibleModel<M>> made) {
        this.scoring = scoring;
        this.made = made;
    }

    @Override
    public Stream<Evaluation> evaluate(CompressibleModel<M> original, List<Plan> plans) {
        return plans.stream().map(plan -> {
            try (CompressibleModel<M> candidate = made.apply(original, plan)) {
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
