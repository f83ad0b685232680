package dev.wsvd.pipeline;

import dev.wsvd.cost.Costs;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Schemes;
import java.util.Optional;

/**
 * Makes networks of plans and evaluates them, as a run with the same settings does; what it decomposes it keeps for the next plan. Made by
 * {@link ModelCompressor#planWorker}. Plans are evaluated one at a time.
 *
 * @param <M> what the format's users call a model
 */
public final class PlanWorker<M> implements AutoCloseable {
    private final Run<M> run;
    private final Networks<M> networks;

    PlanWorker(Settings<M> settings, Schemes schemes, Costs costs, Optional<Int8<M>> int8) {
        this.run =
                new Run<>(settings, schemes, costs, int8.filter(Int8::isChosen).isPresent());
        this.networks = new Networks<>(run, new Finish<>(run, int8), settings.correct);
        run.calibrated().requireFit();
    }

    /**
     * The evaluation of the network after a plan.
     *
     * @param quick as {@link dev.wsvd.domain.spi.PlanQueue#isQuick} says
     * @throws dev.wsvd.domain.error.InvalidInputException if the plan does not fit the model
     * @throws dev.wsvd.domain.error.WsvdException if the network cannot be made or evaluated
     */
    public synchronized Evaluation evaluate(Plan plan, boolean quick) {
        try (CompressibleModel<M> candidate = networks.of(run.model(), plan, quick)) {
            return run.scoring().evaluate(candidate.model(), "the network of a plan", part -> {});
        }
    }

    /** Lets go of what it learnt; the model stays its caller's. */
    @Override
    public void close() {
        run.calibrated().close();
    }
}
