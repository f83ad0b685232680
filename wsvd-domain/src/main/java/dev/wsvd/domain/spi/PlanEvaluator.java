package dev.wsvd.domain.spi;

import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.Evaluation;
import java.util.List;
import java.util.stream.Stream;

/**
 * Makes the networks of plans and evaluates them, wherever that is done.
 *
 * @param <M> what the format's users call a model
 */
@FunctionalInterface
public interface PlanEvaluator<M> {
    /**
     * One evaluation per plan, in order, each made when the stream comes to it, so that it can be kept before the next begins.
     *
     * @param original the model the plans are for
     */
    Stream<Evaluation> evaluate(CompressibleModel<M> original, List<Plan> plans);
}
