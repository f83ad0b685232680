package dev.wsvd.adapter.djl.internal.block;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.LayoutType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.BlockList;
import ai.djl.nn.convolutional.Convolution;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.List;

/** A {@code Conv1d} or {@code Conv3d} computed in stages. DJL lets nobody extend those, so a field declared as one cannot hold it. */
final class StagedConvolution extends Convolution implements Staged {
    /** @param geometry the kernel, stride, padding, dilation, filters and groups of all stages together */
    StagedConvolution(ConvolutionBuilder<?> geometry, List<Block> stages) {
        super(geometry);
        parameters.clear();
        stages.forEach(stage -> addChildBlock(stage.getClass().getSimpleName(), stage));
    }

    @Override
    protected LayoutType[] getExpectedLayout() {
        return LayoutType.fromValue(getStringLayout());
    }

    @Override
    protected String getStringLayout() {
        return numDimensions() == 3 ? "NCW" : "NCDHW";
    }

    @Override
    protected int numDimensions() {
        return kernelShape.dimension() + 2;
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
    public void loadMetadata(byte found, DataInputStream is) throws IOException, MalformedModelException {
        adopt(found);
        readInputShapes(is);
    }
}
