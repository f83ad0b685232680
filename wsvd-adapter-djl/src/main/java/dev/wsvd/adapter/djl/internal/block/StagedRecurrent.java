package dev.wsvd.adapter.djl.internal.block;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.BlockList;
import ai.djl.nn.norm.Dropout;
import ai.djl.nn.recurrent.RecurrentBlock;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A recurrent block computed by others: a stack by a block for each layer, one layer by products with the input and a recurrent block of
 * fewer inputs. DJL lets nobody extend its {@code LSTM}, {@code GRU} and {@code RNN}, so a field declared as one cannot hold it.
 */
final class StagedRecurrent extends RecurrentBlock implements Staged {
    private final Recurrence recurrence;

    /** @param recurrence that of all blocks together */
    StagedRecurrent(Recurrence recurrence, List<Block> stages) {
        super(recurrence.settings());
        this.recurrence = recurrence;
        gates = recurrence.kind().gates();
        parameters.clear();
        stages.forEach(stage -> addChildBlock(LayerBlock.kind(stage), stage));
    }

    Recurrence recurrence() {
        return recurrence;
    }

    /** Whether it is a stack, with a block for each layer; else it is one layer in stages. */
    boolean isStack() {
        return children.valueAt(0) instanceof RecurrentBlock;
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

    /** The state, if there is one, is that of all layers; each recurrent block is given its part and gives its part. */
    @Override
    protected NDList forwardInternal(
            ParameterStore store, NDList inputs, boolean training, PairList<String, Object> arguments) {
        NDArray current = inputs.head();
        List<NDList> states = new ArrayList<>();
        for (Block stage : children.values()) {
            if (!(stage instanceof RecurrentBlock)) {
                current = stage.forward(store, new NDList(current), training, arguments)
                        .singletonOrThrow();
                continue;
            }
            NDList given = new NDList(dropped(current, training && !states.isEmpty()));
            for (NDArray state : inputs.subNDList(1)) {
                given.add(part(state, states.size()));
            }
            NDList outputs = stage.forward(store, given, training, arguments);
            current = outputs.head();
            states.add(outputs.subNDList(1));
        }
        return returnState ? withStates(current, states) : new NDList(current);
    }

    private NDArray dropped(NDArray between, boolean drops) {
        return drops && dropRate > 0 ? Dropout.dropout(between, dropRate, true).singletonOrThrow() : between;
    }

    private NDArray part(NDArray state, int layer) {
        int directions = getNumDirections();
        return numLayers == 1
                ? state
                : state.get(new NDIndex().addSliceDim((long) layer * directions, (layer + 1L) * directions));
    }

    private NDList withStates(NDArray output, List<NDList> states) {
        NDList all = new NDList(output);
        for (int i = 0; i < states.get(0).size(); i++) {
            int state = i;
            NDList parts =
                    new NDList(states.stream().map(arrays -> arrays.get(state)).toList());
            all.add(parts.size() == 1 ? parts.head() : NDArrays.concat(parts, 0));
        }
        return all;
    }

    @Override
    protected void initializeChildBlocks(NDManager manager, DataType type, Shape... inputs) {
        Staged.initialize(children, manager, type, inputs[0]);
    }

    @Override
    public void loadMetadata(byte found, DataInputStream is) throws IOException, MalformedModelException {
        adopt(found);
        readInputShapes(is);
    }
}
