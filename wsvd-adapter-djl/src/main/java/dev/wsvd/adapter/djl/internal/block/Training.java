package dev.wsvd.adapter.djl.internal.block;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import java.util.List;

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

    /** Tells blocks with weights the shapes of their inputs, all that is left of initializing them; whether they are trained stays. */
    static void remember(Block tree, NDManager manager, Shape... inputs) {
        List<Parameter> parameters = tree.getParameters().values();
        List<Training> training = parameters.stream().map(Training::of).toList();
        tree.initialize(manager, parameters.get(0).getArray().getDataType(), inputs);
        for (int i = 0; i < parameters.size(); i++) {
            training.get(i).apply(parameters.get(i));
        }
    }

    void apply(Parameter parameter) {
        parameter.freeze(frozen);
        parameter.getArray().setRequiresGradient(gradient);
    }
}
