package dev.wsvd.selection;

import dev.wsvd.domain.plan.Plan;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;

/**
 * What TAR selection chose and what it looked at.
 *
 * @param plan a decision for every layer
 * @param trials one per index, in order
 */
record TarSelection(Plan plan, List<Trial> trials) {
    TarSelection {
        Objects.requireNonNull(plan, "plan");
        trials = List.copyOf(trials);
    }

    /**
     * One index i.
     *
     * @param index 1 … n
     * @param plan every layer at the rank whose residual is nearest to i/n
     * @param ratio the model's cost after / before
     * @param score the model's score; empty if the plan misses the target and was not evaluated
     */
    record Trial(int index, Plan plan, double ratio, OptionalDouble score) {}
}
