package dev.wsvd.pipeline;

import dev.wsvd.domain.error.EngineLostException;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.PlanEvaluator;
import dev.wsvd.domain.spi.PlanQueue;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;

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
        if (workers <= 1) {
            PlanCrew.work(queue, List.of(plan -> queue.evaluate(queue.original(), plan)));
        } else {
            evaluate(queue, workers, Math.max(1, cores / workers));
        }
    }

    private void evaluate(PlanQueue<M> queue, int workers, int threads) {
        List<CompressibleModel<M>> models = new ArrayList<>();
        try {
            for (int number = 0; number < workers; number++) {
                models.add(queue.original().forWorker(number, threads));
            }
            PlanCrew.work(
                    queue, models.stream().map(model -> worker(queue, model)).toList());
        } finally {
            models.forEach(CompressibleModel::close);
        }
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
