package dev.wsvd.pipeline;

import dev.wsvd.domain.error.EngineLostException;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.PlanEvaluator;
import dev.wsvd.domain.spi.PlanQueue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

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
        Crew<M> crew = new Crew<>(queue, workers > 1);
        if (workers <= 1) {
            crew.work(queue.original());
        } else {
            crew.work(workers, Math.max(1, cores / workers));
        }
        crew.rethrow();
    }

    private int allowed(CompressibleModel<M> model, int cores) {
        return concurrent ? Math.min(cores, model.workers()) : 1;
    }

    /** Workers on one queue. */
    private static final class Crew<M> {
        private final PlanQueue<M> queue;
        private final boolean several;
        private int working;
        private Throwable failure;

        Crew(PlanQueue<M> queue, boolean several) {
            this.queue = queue;
            this.several = several;
        }

        void work(int workers, int threads) {
            List<Thread> others = new ArrayList<>();
            for (int i = 0; i < workers; i++) {
                CompressibleModel<M> model = queue.original().forWorker(i, threads);
                Thread worker = new Thread(() -> work(model), "wsvd-worker-" + i);
                worker.setDaemon(true);
                others.add(worker);
            }
            others.forEach(Thread::start);
            boolean interrupted = false;
            for (Thread worker : others) {
                while (worker.isAlive()) {
                    try {
                        worker.join();
                    } catch (InterruptedException e) {
                        // They end their evaluations, or give them up.
                        interrupted = true;
                        others.forEach(Thread::interrupt);
                    }
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }

        void work(CompressibleModel<M> model) {
            try {
                for (Optional<Plan> plan = next(); plan.isPresent(); plan = next()) {
                    try {
                        queue.made(plan.get(), evaluation(model, plan.get()));
                    } finally {
                        ended();
                    }
                }
            } catch (RuntimeException | Error e) {
                failed(e);
            }
        }

        /** Waits where there may be more once another worker is done. */
        private synchronized Optional<Plan> next() {
            while (failure == null) {
                Optional<Plan> plan = queue.next();
                if (plan.isPresent()) {
                    working++;
                    return plan;
                }
                if (working == 0) {
                    break;
                }
                try {
                    wait();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    break;
                }
            }
            return Optional.empty();
        }

        private synchronized void ended() {
            working--;
            notifyAll();
        }

        private synchronized void failed(Throwable e) {
            if (failure == null) {
                failure = e;
            }
            notifyAll();
        }

        /** Among several workers one whose engine's process ends makes its plan once more, by a new one. */
        private Evaluation evaluation(CompressibleModel<M> model, Plan plan) {
            try {
                return queue.evaluate(model, plan);
            } catch (EngineLostException e) {
                if (!several || Thread.currentThread().isInterrupted()) {
                    throw e;
                }
                return queue.evaluate(model, plan);
            }
        }

        private synchronized void rethrow() {
            if (failure instanceof Error error) {
                throw error;
            }
            if (failure instanceof RuntimeException exception) {
                throw exception;
            }
        }
    }
}
