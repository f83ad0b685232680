package dev.wsvd.adapter.djl.internal.probe;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import dev.wsvd.adapter.djl.internal.block.LayerBlock;
import dev.wsvd.adapter.djl.internal.block.RecurrentStacks;
import dev.wsvd.adapter.djl.internal.block.References;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A network in which layers are replaced by watchers that call them.
 *
 * <p>Recurrent blocks are watched by the names of their input weights; stacks of them are taken apart for that. They are shown with the
 * samples first.
 *
 * <p>So a run shows what reaches a layer and what it gives, and whether replacing works: a layer whose weight is used more often
 * than its watcher is called is run by code that has its own reference to it, a lambda for instance, and would go on running
 * unsplit.
 *
 * @param <T> what is kept of an array that a watcher sees
 */
public final class WatchedNetwork<T> {
    /**
     * One run.
     *
     * @param outputs what the network gave
     * @param layers by path, for every watched layer that can be stood in for; of a recurrent block the output is that of all its steps
     */
    public record Run<T>(NDList outputs, Map<String, Observation<T>> layers) {}

    private final List<LayerBlock> layers = new ArrayList<>();
    private final Map<Block, Watcher> watchers = new IdentityHashMap<>();
    private final Function<NDArray, T> keep;
    private final Block root;

    /**
     * Puts watchers into a network.
     *
     * @param root a tree with weights that is used for nothing else
     * @param watched which layers, by path
     * @param keep what to keep of an array, taken before anything else happens to it
     */
    public WatchedNetwork(Block root, Predicate<String> watched, Function<NDArray, T> keep) {
        this.keep = keep;
        Block apart = RecurrentStacks.apart(root, watched);
        Set<Block> stepsFirst = LayerBlock.stepsFirst(apart);
        Map<Block, Block> replacements = new IdentityHashMap<>();
        for (LayerBlock layer : LayerBlock.withRecurrent(apart)) {
            if (layer.isReplaceable() && watched.test(layer.path())) {
                layers.add(layer);
                Watcher watcher =
                        watchers.computeIfAbsent(layer.block(), block -> new Watcher(stepsFirst.contains(block)));
                replacements.putIfAbsent(layer.block(), watcher.around(layer));
            }
        }
        this.root = References.replace(apart, replacements);
    }

    /**
     * Runs the network.
     *
     * @param manager what the arrays of the run belong to
     */
    public Run<T> run(NDManager manager, NDList inputs) {
        watchers.values().forEach(Watcher::forget);
        CountingParameterStore store = new CountingParameterStore(manager);
        NDList outputs = root.forward(store, inputs, false);
        Map<String, Observation<T>> observations = new LinkedHashMap<>();
        for (LayerBlock layer : layers) {
            Watcher watcher = watchers.get(layer.block());
            observations.put(layer.path(), watcher.observation(store.uses(layer.weight())));
        }
        return new Run<>(outputs, observations);
    }

    /** Stands before and behind a layer. */
    private final class Watcher {
        private final boolean stepsFirst;
        private int calls;
        private Optional<T> input;
        private Optional<T> output;

        Watcher(boolean stepsFirst) {
            this.stepsFirst = stepsFirst;
        }

        Block around(LayerBlock layer) {
            return layer.staged(List.of(new LambdaBlock(this::before), layer.block(), new LambdaBlock(this::after)));
        }

        void forget() {
            calls = 0;
            input = Optional.empty();
            output = Optional.empty();
        }

        private NDList before(NDList arrays) {
            if (calls++ == 0) {
                input = Optional.of(kept(arrays.head()));
            }
            return arrays;
        }

        private NDList after(NDList arrays) {
            if (output.isEmpty()) {
                output = Optional.of(kept(arrays.head()));
            }
            return arrays;
        }

        private T kept(NDArray array) {
            return keep.apply(stepsFirst ? array.swapAxes(0, 1) : array);
        }

        Observation<T> observation(int uses) {
            return new Observation<>(input, output, unsupportedReason(uses));
        }

        private Optional<String> unsupportedReason(int uses) {
            if (uses > calls) {
                return Optional.of("it is run through a reference that cannot be replaced, a lambda's perhaps");
            }
            if (uses == 0) {
                return Optional.of("it does not run");
            }
            return uses == 1 ? Optional.empty() : Optional.of("it runs " + uses + " times in one pass");
        }
    }
}
