package dev.wsvd.pipeline;

import dev.wsvd.cost.Costs;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.Schemes;
import java.util.Map;
import java.util.Optional;

/**
 * Makes networks of plans and evaluates them, as a run with the same settings does; what it decomposes it keeps for the next plan. Made by
 * {@link ModelCompressor#planWorker}. For any thread: networks are made one at a time, and evaluated at once where the evaluator can.
 *
 * @param <M> what the format's users call a model
 */
public final class PlanWorker<M> implements AutoCloseable {
    private final Run<M> run;
    private final Networks<M> networks;
    private final CompressibleModel<M> original;
    private final boolean concurrent;

    PlanWorker(Settings<M> settings, Schemes schemes, Costs costs, Optional<Int8<M>> int8, int threads) {
        this.run =
                new Run<>(settings, schemes, costs, int8.filter(Int8::isChosen).isPresent());
        this.networks = new Networks<>(run, new Finish<>(run, int8), settings.correct);
        this.concurrent = settings.evaluator.filter(Evaluator::isConcurrent).isPresent();
        run.calibrated().requireFit();
        // Last, so that nothing is left open where something does not fit.
        this.original = settings.model.forWorker(0, threads);
    }

    /**
     * The evaluation of the network after a plan.
     *
     * @param factored as {@link dev.wsvd.domain.spi.PlanQueue#factoredUpTo} says
     * @param quick as {@link dev.wsvd.domain.spi.PlanQueue#isQuick} says
     * @throws dev.wsvd.domain.error.InvalidInputException if the plan does not fit the model
     * @throws dev.wsvd.domain.error.WsvdException if the network cannot be made or evaluated
     */
    public Evaluation evaluate(Plan plan, Map<LayerId, Choice> factored, boolean quick) {
        try (CompressibleModel<M> candidate = network(plan, factored, quick)) {
            if (concurrent) {
                return evaluation(candidate);
            }
            synchronized (this) {
                return evaluation(candidate);
            }
        }
    }

    private CompressibleModel<M> network(Plan plan, Map<LayerId, Choice> factored, boolean quick) {
        synchronized (networks) {
            factored.forEach(run.factors()::expectExactly);
            return networks.of(original, plan, quick);
        }
    }

    private Evaluation evaluation(CompressibleModel<M> candidate) {
        return run.scoring().evaluate(candidate.model(), "the network of a plan", part -> {});
    }

    /** Lets go of what it learnt and of what ran the networks; the model stays its caller's. */
    @Override
    public void close() {
        run.calibrated().close();
        original.close();
    }
}
