package dev.wsvd.pipeline;

import dev.wsvd.domain.error.EngineLostException;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.PlanEvaluator;
import dev.wsvd.domain.spi.PlanQueue;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Evaluates plans in this process, by workers that are threads; a model exists only as long as its evaluation takes. Workers share the
 * cores: one has them all, and several have an equal part each.
 */
final class LocalPlanEvaluator<M> implements PlanEvaluator<M> {
    private final OptionalInt asked;
    private final boolean concurrent;

    /**
     * @param asked how many workers there are; else as many as cores and memory allow
     * @param concurrent whether several models may be evaluated at once, where nothing was asked
     */
    LocalPlanEvaluator(OptionalInt asked, boolean concurrent) {
        this.asked = asked;
        this.concurrent = concurrent;
    }

    @Override
    public void evaluate(PlanQueue<M> queue) {
        int cores = Runtime.getRuntime().availableProcessors();
        int workers = Math.min(queue.atMost(), asked.orElseGet(() -> allowed(queue.original(), cores)));
        PlanCrew.work(
                queue,
                workers <= 1
                        ? List.of(plan -> queue.evaluate(queue.original(), plan))
                        : IntStream.range(0, workers)
                                .mapToObj(number -> queue.original().forWorker(number, Math.max(1, cores / workers)))
                                .map(model -> worker(queue, model))
                                .toList());
    }

    private int allowed(CompressibleModel<M> model, int cores) {
        return concurrent ? Math.min(cores, model.workers()) : 1;
    }

    /** One of several. If its engine's process ends, it makes its plan once more, by a new one. */
    private static <M> Function<Plan, Evaluation> worker(PlanQueue<M> queue, CompressibleModel<M> model) {
        return plan -> {
            try {
                return queue.evaluate(model, plan);
            } catch (EngineLostException e) {
                if (Thread.currentThread().isInterrupted()) {
                    throw e;
                }
                return queue.evaluate(model, plan);
            }
        };
    }
}
