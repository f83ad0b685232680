package dev.wsvd.adapter.onnx.internal.coupling;

import java.util.Optional;

/** How nodes of some kind pass units on. */
@FunctionalInterface
interface Rule {
    Optional<String> DONE = Optional.empty();

    /**
     * Follows the units of a node's operands to what it gives.
     *
     * @return empty if nothing else depends on them; else why they have to stay
     */
    Optional<String> follow(Step step);

    /** They have to stay because a node does not work channel by channel, or nothing is known of it. */
    static Optional<String> mixed(Step step) {
        return Optional.of(step.name() + " does not keep them apart");
    }
}
