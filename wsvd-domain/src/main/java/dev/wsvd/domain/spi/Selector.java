package dev.wsvd.domain.spi;

import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.plan.Plan;
import java.util.Optional;

/** Makes one decision per layer. It sees options by their costs, predicted losses and scores, and never asks what they are. */
public interface Selector {
    /** The name in files and on the command line. */
    String id();

    /** The ratio that it aims at or must meet, if any. */
    default Optional<CompressionRatio> target() {
        return Optional.empty();
    }

    /**
     * Whether it weighs options of every form against each other, and not those of one form for all layers; it may then choose
     * from every scheme unless one is asked for.
     */
    default boolean weighsForms() {
        return false;
    }

    /**
     * The plan.
     *
     * @return a decision for every layer, in the problem's order
     * @throws dev.wsvd.domain.error.InvalidInputException if the selection's settings do not fit the problem
     * @throws dev.wsvd.domain.error.UnreachableTargetException if no plan meets its target or limits
     */
    Plan select(SelectionProblem problem);

    /**
     * Whether selecting again in the same run, when costs are known better, takes little: all that is measured for it was measured the
     * first time. No, by default.
     */
    default boolean selectsAgain() {
        return false;
    }
}
