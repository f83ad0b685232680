package dev.wsvd.domain.spi;

import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.Evaluation;
import java.util.Map;
import java.util.Optional;

/**
 * Plans that wait to be evaluated. Which plans there are does not depend on how many are evaluated at once, nor on which is done first.
 * Any thread may call any method at any time.
 *
 * @param <M> what the format's users call a model
 */
public interface PlanQueue<M> {
    /** The model that the plans are for. */
    CompressibleModel<M> original();

    /** Whether factors are taken as they are: without the search, the correction and the tuning that the compressed model gets. */
    boolean isQuick();

    /** How many plans are evaluated yet, at most. */
    int atMost();

    /** Saves what was learnt of the calibration inputs, which factors are made with, if there is something. */
    boolean saveLearnt(MomentsStore to);

    /**
     * Up to which choice each layer that a plan changes is to be decomposed, so that factors are the same to the bit wherever they are made: by
     * how many directions are sought, their last bits differ.
     */
    Map<LayerId, Choice> factoredUpTo(Plan plan);

    /**
     * The next plan that is wanted, whatever the others score; empty if there is none until another is made, or at all. No plan is handed out
     * twice, also if whoever took it fails: the run ends then, and the next one has it anew.
     */
    Optional<Plan> next();

    /** Keeps an evaluation, before this returns. One of a plan that was made before is ignored. */
    void made(Plan plan, Evaluation evaluation);

    /**
     * Makes the network of a plan in this process and evaluates it.
     *
     * @param model the original, or {@link CompressibleModel#forWorker what it gives a worker}
     * @throws dev.wsvd.domain.error.WsvdException if that fails
     */
    Evaluation evaluate(CompressibleModel<M> model, Plan plan);
}
