package dev.wsvd.adapter.djl.internal.block;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.BlockList;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;

/**
 * A layer that is computed by other blocks, one after the other.
 *
 * <p>It stands in the place of a {@code Linear} or convolution wherever a block tree refers to it, so it is one by type: a field
 * declared as {@code Conv2d} takes a {@link StagedConv2d}. It has no weight of its own.
 */
public interface Staged extends Block {
    /** The blocks it consists of, in order. */
    default BlockList stages() {
        return getChildren();
    }

    /** What the last block makes of what the others made of the input. */
    static NDList forward(
            BlockList stages,
            ParameterStore parameters,
            NDList inputs,
            boolean training,
            PairList<String, Object> arguments) {
        NDList current = inputs;
        for (Block stage : stages.values()) {
            current = stage.forward(parameters, current, training, arguments);
        }
        return current;
    }

    /** Initializes every block for the shapes that the ones before it give. */
    static void initialize(BlockList stages, NDManager manager, DataType type, Shape... inputs) {
        Shape[] shapes = inputs;
        for (Block stage : stages.values()) {
            stage.initialize(manager, type, shapes);
            shapes = stage.getOutputShapes(shapes);
        }
    }

    /** @throws MalformedModelException if parameters are of a block of another kind */
    static void checkVersion(Block block, byte expected, byte found) throws MalformedModelException {
        if (expected != found) {
            throw new MalformedModelException("A " + block.getClass().getSimpleName() + " has version " + expected
                    + ", the parameters are of version " + found);
        }
    }
}
