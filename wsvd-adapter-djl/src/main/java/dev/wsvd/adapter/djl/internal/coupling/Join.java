package dev.wsvd.adapter.djl.internal.coupling;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.training.ParameterStore;
import dev.wsvd.adapter.djl.internal.block.References;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** The end of a parallel block, run on what one likes: until it is closed, the branches give that. */
final class Join implements AutoCloseable {
    private final Block block;
    private final NDManager manager;
    private final Map<Block, Block> given = new IdentityHashMap<>();
    private List<NDList> results = List.of();

    Join(Block block, NDManager manager) {
        this.block = block;
        this.manager = manager;
        List<Block> branches = block.getChildren().values();
        for (int i = 0; i < branches.size(); i++) {
            int number = i;
            given.putIfAbsent(branches.get(i), new LambdaBlock(arrays -> copy(number)));
        }
        References.replace(block, given);
    }

    /** What a branch gives: joins may change the lists that they get. */
    private NDList copy(int branch) {
        return new NDList(results.get(branch));
    }

    /** Whether each branch is a block of its own, so that it can give something of its own. */
    boolean hasOwnBranches() {
        return given.size() == block.getChildren().size();
    }

    /**
     * What the block makes of branches' results.
     *
     * @param input of the block; of no effect
     */
    NDList run(List<NDList> branches, NDList input) {
        results = branches;
        return block.forward(new ParameterStore(manager, false), input, false);
    }

    @Override
    public void close() {
        Map<Block, Block> back = new IdentityHashMap<>();
        given.forEach((branch, lambda) -> back.put(lambda, branch));
        References.replace(block, back);
    }
}
