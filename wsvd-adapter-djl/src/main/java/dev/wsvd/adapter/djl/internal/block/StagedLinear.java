package dev.wsvd.adapter.djl.internal.block;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.BlockList;
import ai.djl.nn.core.Linear;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/** A {@link Linear} computed in stages. */
final class StagedLinear extends Linear implements Staged {
    StagedLinear(long units, List<Block> stages) {
        super(new Units(units));
        parameters.clear();
        stages.forEach(stage -> addChildBlock(stage.getClass().getSimpleName(), stage));
    }

    @Override
    public BlockList stages() {
        return children;
    }

    @Override
    public byte version() {
        return version;
    }

    @Override
    public void setVersion(byte version) {
        this.version = version;
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore store, NDList inputs, boolean training, PairList<String, Object> arguments) {
        return Staged.forward(children, store, inputs, training, arguments);
    }

    @Override
    protected void initializeChildBlocks(NDManager manager, DataType type, Shape... inputs) {
        Staged.initialize(children, manager, type, inputs);
    }

    @Override
    public PairList<String, Shape> describeInput() {
        return new PairList<>(inputNames, Arrays.asList(getInputShapes()));
    }

    @Override
    protected void saveMetadata(DataOutputStream os) throws IOException {
        saveInputShapes(os);
    }

    @Override
    public void loadMetadata(byte found, DataInputStream is) throws IOException, MalformedModelException {
        adopt(found);
        readInputShapes(is);
    }

    private static final class Units extends Linear.Builder {
        Units(long units) {
            setUnits(units);
        }
    }
}
