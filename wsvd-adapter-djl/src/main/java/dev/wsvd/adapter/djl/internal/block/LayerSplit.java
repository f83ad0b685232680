package dev.wsvd.adapter.djl.internal.block;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.NearNames;
import dev.wsvd.domain.RankDecision;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.factor.FactorizedLayer;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Splits layers of a block tree that nobody else uses. */
public final class LayerSplit {
    private LayerSplit() {}

    /**
     * Splits layers of a tree without weights, one after the other, so that later ones may be parts of earlier ones.
     *
     * @return the tree's root
     * @throws InvalidInputException if the tree has no such layer
     */
    public static Block structure(Block root, Map<LayerId, RankDecision.Split> splits) {
        Block tree = root;
        for (Map.Entry<LayerId, RankDecision.Split> split : splits.entrySet()) {
            LayerBlock layer = find(tree, split.getKey());
            tree = References.replace(tree, Map.of(layer.block(), layer.split(split.getValue())));
        }
        return tree;
    }

    /**
     * Splits layers of a tree without weights as another tree of the same making is split.
     *
     * @return the tree's root
     */
    static Block like(Block split, Block root) {
        List<LayerBlock> from = LayerBlock.whole(split);
        List<LayerBlock> to = LayerBlock.whole(root);
        Map<Block, Block> replacements = new IdentityHashMap<>();
        for (int i = 0; i < Math.min(from.size(), to.size()); i++) {
            if (from.get(i).block() instanceof Staged) {
                replacements.put(to.get(i).block(), from.get(i).copy());
            }
        }
        return References.replace(root, replacements);
    }

    /**
     * Splits layers of a tree with weights. Both new layers have the old one's type of weights; they are frozen if the old
     * one was. A layer without a bias gets one if the factors have a shift.
     *
     * @param manager what the new weights belong to
     * @return the tree's root
     */
    public static Block weights(Block root, Iterable<FactorizedLayer> splits, NDManager manager) {
        Block tree = root;
        for (FactorizedLayer factors : splits) {
            LayerBlock layer = find(tree, factors.layer().id());
            Staged staged = layer.split(factors.split());
            fill(staged, layer, factors, manager);
            tree = References.replace(tree, Map.of(layer.block(), staged));
            layer.weight().close();
        }
        return tree;
    }

    private static void fill(Staged staged, LayerBlock layer, FactorizedLayer factors, NDManager manager) {
        DataType type = layer.weight().getArray().getDataType();
        if (layer.bias().isEmpty() && factors.shift().isPresent()) {
            staged.addBias();
        }
        List<Block> stages = staged.stages().values();
        LayerBlock first = new LayerBlock("first", stages.get(0));
        LayerBlock second = new LayerBlock("second", stages.get(1));
        Training weights = Training.of(layer.weight());
        Training biases = layer.bias().map(Training::of).orElse(weights);
        first.weight().setArray(Weights.write(manager, factors.firstShape(), factors.first(), type));
        second.weight().setArray(Weights.write(manager, factors.secondShape(), factors.second(), type));
        second.bias().ifPresent(bias -> bias.setArray(shifted(layer, factors.shift(), manager)));
        // Nothing is left to initialize but what the blocks remember of their inputs' shapes.
        staged.initialize(manager, type, shape(factors.layer().inputShape()));
        weights.apply(first.weight());
        weights.apply(second.weight());
        second.bias().ifPresent(biases::apply);
    }

    /** The layer's bias, zeros if it has none, with the shift added; the old array is closed unless it is the new one. */
    private static NDArray shifted(LayerBlock layer, Optional<float[]> shift, NDManager manager) {
        Optional<NDArray> bias = layer.bias().map(Parameter::getArray);
        if (shift.isEmpty()) {
            return bias.orElseThrow();
        }
        float[] sum = shift.get().clone();
        bias.ifPresent(array -> {
            float[] old = Weights.read(array);
            for (int i = 0; i < sum.length; i++) {
                sum[i] += old[i];
            }
        });
        DataType type = bias.orElse(layer.weight().getArray()).getDataType();
        bias.ifPresent(NDArray::close);
        return Weights.write(manager, new Shape(sum.length), sum, type);
    }

    private static Shape shape(List<Long> dims) {
        return new Shape(dims.stream().mapToLong(Long::longValue).toArray());
    }

    private static LayerBlock find(Block tree, LayerId id) {
        List<LayerBlock> layers = LayerBlock.of(tree);
        return layers.stream()
                .filter(layer -> layer.path().equals(id.name()))
                .findFirst()
                .orElseThrow(() -> new InvalidInputException("The network has no layer '" + id + "'."
                        + NearNames.hint(
                                id.name(), layers.stream().map(LayerBlock::path).toList())));
    }
}
