package dev.wsvd.adapter.djl.internal.block;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.ParameterList;
import ai.djl.nn.recurrent.RecurrentBlock;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Takes recurrent blocks of several layers apart, into a block for each layer. Layers keep their names, and the network what it computes. */
public final class RecurrentStacks {
    private RecurrentStacks() {}

    /**
     * Takes blocks of a tree apart that hold a layer of some name. Arrays of parameters go over to the new blocks.
     *
     * @param root with weights or without
     * @return the tree's root
     */
    public static Block apart(Block root, Predicate<String> names) {
        Map<Block, Block> stacks = new IdentityHashMap<>();
        for (LayerBlock layer : LayerBlock.withRecurrent(root)) {
            if (layer.isRecurrent() && layer.isReplaceable() && isWanted(layer, names)) {
                stacks.computeIfAbsent(layer.block(), block -> apart((RecurrentBlock) block));
            }
        }
        return stacks.isEmpty() ? root : References.replace(root, stacks);
    }

    private static boolean isWanted(LayerBlock layer, Predicate<String> names) {
        List<RecurrentWeight> weights = RecurrentWeight.of(layer);
        return weights.size() > 2 && weights.stream().map(RecurrentWeight::path).anyMatch(names);
    }

    private static Block apart(RecurrentBlock block) {
        Recurrence whole = Recurrence.of(block);
        List<Block> cells = Stream.<Block>generate(() -> new RecurrentCell(whole.ofOneLayer()))
                .limit(whole.layers())
                .toList();
        StagedRecurrent stack = new StagedRecurrent(whole, cells);
        if (block.isInitialized()) {
            fill(stack, block);
        }
        return stack;
    }

    /** Gives the block that is left of a recurrent one what multiplies its state and is added then; where that is nothing yet, zeros. */
    static void keepStates(LayerBlock from, LayerBlock to, NDManager manager) {
        ParameterList old = from.block().getDirectParameters();
        to.block().getDirectParameters().forEach(parameter -> {
            if (!parameter.getKey().contains("h2h")) {
                return;
            }
            Parameter kept = old.get(parameter.getKey());
            if (kept == null) {
                NDArray weight = from.weight().getArray();
                parameter
                        .getValue()
                        .setArray(manager.zeros(new Shape(weight.getShape().get(0)), weight.getDataType()));
            } else {
                parameter.getValue().setArray(kept.getArray());
            }
            Training.of(kept == null ? from.weight() : kept).apply(parameter.getValue());
        });
    }

    private static void fill(StagedRecurrent stack, RecurrentBlock block) {
        block.getDirectParameters().forEach(parameter -> {
            String[] name = parameter.getKey().split("_", 3);
            Parameter part = stack.stages()
                    .valueAt(Integer.parseInt(name[1]))
                    .getDirectParameters()
                    .get(name[0] + "_0_" + name[2]);
            part.setArray(parameter.getValue().getArray());
            Training.of(parameter.getValue()).apply(part);
        });
        NDArray any = block.getDirectParameters().valueAt(0).getArray();
        Training.remember(stack, any.getManager(), block.getInputShapes());
    }
}
