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
import java.util.List;

/**
 * A layer that is computed by other blocks, one after the other.
 *
 * <p>It stands in the place of a {@code Linear}, convolution or recurrent block wherever a block tree refers to it, so it is one by type: a
 * field declared as {@code Conv2d} takes a {@link StagedConv2d}. It has no weight of its own.
 */
public interface Staged extends Block {
    /** In the version of a block whose last stage has a bias that the layer had not. */
    byte BIAS_ADDED = 0x40;

    /** The blocks it consists of, in order: the list itself, where {@link #getChildren} gives a copy. */
    BlockList stages();

    /** Version of what it writes: DJL's of the layer, and {@link #BIAS_ADDED}. */
    byte version();

    /** Sets the version of what it writes. */
    void setVersion(byte version);

    /** Gives the last stage, which has none, a bias without values; what the block writes then says so. */
    default void addBias() {
        List<Block> blocks = stages().values();
        int last = blocks.size() - 1;
        if (blocks.get(last) instanceof Staged nested) {
            nested.addBias();
            nested.setVersion((byte) (nested.version() & ~BIAS_ADDED));
        } else {
            blocks.set(last, new LayerBlock("last", blocks.get(last)).unsplit(true));
        }
        setVersion((byte) (version() | BIAS_ADDED));
    }

    private boolean hasBias() {
        Block last = stages().valueAt(stages().size() - 1);
        return last instanceof Staged nested
                ? nested.hasBias()
                : new LayerBlock("last", last).bias().isPresent();
    }

    /** Whether the layer had a bias when it was replaced. */
    default boolean hadBias() {
        return hasBias() && (version() & BIAS_ADDED) == 0;
    }

    /**
     * Makes this the block that parameters are of, as far as their version tells.
     *
     * @throws MalformedModelException if they are of a block of another kind
     */
    default void adopt(byte found) throws MalformedModelException {
        if (found == version()) {
            return;
        }
        if (found != (version() | BIAS_ADDED)) {
            throw new MalformedModelException("A " + getClass().getSimpleName() + " has version " + version()
                    + ", the parameters are of version " + found);
        }
        if (hasBias()) {
            throw new MalformedModelException(
                    "a split added a bias to a layer that had none, and the block factory's layer has one");
        }
        addBias();
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
}
