package dev.wsvd.pipeline;

import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.spi.PlanQueue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Workers that take plans from a queue until none is left: the caller's thread if there is one worker, else threads of their own. */
public final class PlanCrew {
    private final PlanQueue<?> queue;
    private int working;
    private Throwable failure;

    private PlanCrew(PlanQueue<?> queue) {
        this.queue = queue;
    }

    /**
     * Has plans evaluated until none is left. When a worker fails, the others end and keep what they are at, and its failure is thrown. So
     * they do when this thread is interrupted.
     *
     * @param workers how each evaluates a plan
     * @throws WsvdException if this thread is interrupted
     */
    public static void work(PlanQueue<?> queue, List<Function<Plan, Evaluation>> workers) {
        PlanCrew crew = new PlanCrew(queue);
        if (workers.size() == 1) {
            crew.work(workers.get(0));
        } else {
            crew.work(workers);
        }
        crew.rethrow();
    }

    private void work(List<Function<Plan, Evaluation>> workers) {
        List<Thread> threads = new ArrayList<>();
        for (Function<Plan, Evaluation> worker : workers) {
            Thread thread = new Thread(() -> work(worker), "wsvd-worker-" + threads.size());
            thread.setDaemon(true);
            threads.add(thread);
        }
        threads.forEach(Thread::start);
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    // They take no more, and those that look at it give up what they are at.
                    interrupted = true;
                    failed(interruption());
                    threads.forEach(Thread::interrupt);
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void work(Function<Plan, Evaluation> worker) {
        try {
            for (Optional<Plan> plan = next(); plan.isPresent(); plan = next()) {
                queue.made(plan.get(), worker.apply(plan.get()));
                ended();
            }
        } catch (RuntimeException | Error e) {
            failed(e);
        }
    }

    /** Waits where there may be more once another worker is done. */
    private synchronized Optional<Plan> next() {
        while (failure == null) {
            if (Thread.currentThread().isInterrupted()) {
                failed(interruption());
                break;
            }
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
            }
        }
        return Optional.empty();
    }

    private static WsvdException interruption() {
        return new WsvdException("The evaluation of networks was interrupted.");
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

    private synchronized void rethrow() {
        if (failure instanceof Error error) {
            throw error;
        }
        if (failure instanceof RuntimeException exception) {
            throw exception;
        }
    }
}
