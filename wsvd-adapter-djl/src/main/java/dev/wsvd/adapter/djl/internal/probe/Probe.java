package dev.wsvd.adapter.djl.internal.probe;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import dev.wsvd.adapter.djl.internal.block.LayerBlock;
import dev.wsvd.adapter.djl.internal.block.References;
import dev.wsvd.adapter.djl.internal.block.Staged;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Runs a network once with every layer replaced by a watcher that calls it.
 *
 * <p>So one run shows the real sizes, and whether replacing works: a layer whose weight is used more often than its watcher is
 * called is run by code that has its own reference to it, a lambda for instance, and would go on running unsplit.
 */
public final class Probe {
    private final Map<Block, Watcher> watchers = new IdentityHashMap<>();

    private Probe() {}

    /**
     * Watches a network.
     *
     * @param root a tree with weights that is used for nothing else
     * @param inputs what to give it
     * @return by path, for every layer that can be stood in for
     */
    public static Map<String, Observation> run(Block root, NDManager manager, NDList inputs) {
        return new Probe().watch(root, manager, inputs);
    }

    private Map<String, Observation> watch(Block root, NDManager manager, NDList inputs) {
        List<LayerBlock> layers = LayerBlock.of(root);
        Map<Block, Block> replacements = new IdentityHashMap<>();
        for (LayerBlock layer : layers) {
            if (layer.isReplaceable() && !replacements.containsKey(layer.block())) {
                Watcher watcher = new Watcher();
                watchers.put(layer.block(), watcher);
                replacements.put(layer.block(), watcher.around(layer));
            }
        }
        CountingParameterStore store = new CountingParameterStore(manager);
        References.replace(root, replacements).forward(store, inputs, false);
        Map<String, Observation> observations = new HashMap<>();
        for (LayerBlock layer : layers) {
            Watcher watcher = watchers.get(layer.block());
            if (watcher != null) {
                observations.put(layer.path(), watcher.observation(store.uses(layer.weight())));
            }
        }
        return observations;
    }

    /** Stands before and behind a layer. */
    private final class Watcher {
        private final List<Shape> inputs = new ArrayList<>();
        private final List<Shape> outputs = new ArrayList<>();

        Staged around(LayerBlock layer) {
            return layer.staged(List.of(
                    new LambdaBlock(arrays -> before(arrays)),
                    layer.block(),
                    new LambdaBlock(arrays -> after(arrays))));
        }

        private NDList before(NDList arrays) {
            inputs.add(arrays.singletonOrThrow().getShape());
            return arrays;
        }

        private NDList after(NDList arrays) {
            outputs.add(arrays.singletonOrThrow().getShape());
            return arrays;
        }

        Observation observation(int uses) {
            return new Observation(inputs.stream().findFirst(), outputs.stream().findFirst(), obstacle(uses));
        }

        private Optional<String> obstacle(int uses) {
            if (uses > inputs.size()) {
                return Optional.of("it is run through a reference that cannot be replaced, a lambda's perhaps");
            }
            if (uses == 0) {
                return Optional.of("it does not run");
            }
            return uses == 1 ? Optional.empty() : Optional.of("it runs " + uses + " times in one pass");
        }
    }
}
