package dev.wsvd.adapter.djl.internal.block;

import ai.djl.nn.Parameter;

/**
 * Whether a parameter is trained.
 *
 * @param frozen whether training leaves it alone
 * @param gradient whether its array has room for a gradient
 */
record Training(boolean frozen, boolean gradient) {
    static Training of(Parameter parameter) {
        return new Training(!parameter.requiresGradient(), parameter.getArray().hasGradient());
    }

    void apply(Parameter parameter) {
        parameter.freeze(frozen);
        parameter.getArray().setRequiresGradient(gradient);
    }
}
