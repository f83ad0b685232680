package dev.wsvd.adapter.djl.internal.coupling;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import dev.wsvd.adapter.djl.internal.block.LayerBlock;
import java.lang.reflect.Method;
import java.util.Set;
import java.util.stream.Stream;

/** What can be told of a block without running it. */
final class Blocks {
    private Blocks() {}

    /** For people. */
    static String describe(Block block, String path) {
        String kind = block instanceof LambdaBlock lambda
                ? "lambda, '" + lambda.getName() + "'"
                : block.getClass().getSimpleName();
        return "block '" + LayerBlock.name(path, block) + "' (" + kind + ")";
    }

    /** Whether it runs its children one after the other: a subclass may add blocks, but must not run them in another way. */
    static boolean isSequence(Block block) {
        if (!(block instanceof SequentialBlock sequence) || sequence.isReturnIntermediate()) {
            return false;
        }
        return Stream.<Class<?>>iterate(block.getClass(), type -> type != SequentialBlock.class, Class::getSuperclass)
                .flatMap(type -> Stream.of(type.getDeclaredMethods()))
                .map(Method::getName)
                .noneMatch(Set.of("forward", "forwardInternal", "getChildren")::contains);
    }

    /** Whether all its parameters are vectors of that many floats. */
    static boolean hasPerChannel(Block block, int width) {
        return block.getDirectParameters().values().stream()
                        .map(Parameter::getArray)
                        .allMatch(array -> array.getShape().equals(new Shape(width)))
                && hasFloats(block);
    }

    /** Whether all its parameters are of a type that trials can write. */
    static boolean hasFloats(Block block) {
        return block.getDirectParameters().values().stream()
                .map(parameter -> parameter.getArray().getDataType())
                .allMatch(Trials::canWrite);
    }
}
