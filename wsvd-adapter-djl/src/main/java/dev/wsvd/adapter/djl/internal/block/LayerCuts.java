package dev.wsvd.adapter.djl.internal.block;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Coupling.Slice;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.CutLayer;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.json.CutShape;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Leaves out units of a block tree that nobody else uses: puts smaller layers in the places of those that share them. */
public final class LayerCuts {
    private LayerCuts() {}

    /**
     * A replacement that is a cut, and what else has a channel per unit.
     *
     * @param arrays blocks besides layers
     */
    public record Made(Replacement replacement, List<ChannelArrays> arrays) {
        public Made {
            arrays = List.copyOf(arrays);
        }
    }

    /**
     * Cuts a tree with weights. Parameters stay frozen, or trained, as they were. A layer without a bias gets one if there is a bias
     * correction.
     *
     * @param cuts of couplings of this tree
     * @param inputs shapes of one sample; blocks remember the shapes that follow from them
     * @param manager what the new weights belong to
     * @return the tree's root
     */
    public static Block weights(Block root, Collection<Made> cuts, Shape[] inputs, NDManager manager) {
        Map<LayerId, CutLayer> layers = new LinkedHashMap<>();
        Map<List<Integer>, boolean[]> arrays = new LinkedHashMap<>();
        for (Made made : cuts) {
            var cut = made.replacement().cut().orElseThrow();
            for (Slice slice : cut.coupling().slices()) {
                Layer layer = slice.layer();
                layers.computeIfAbsent(layer.id(), id -> new CutLayer(layer)).add(slice, made.replacement());
            }
            made.arrays().forEach(array -> arrays.merge(array.place(), array.remaining(cut), LayerCuts::both));
        }
        arrays.forEach((place, stays) -> shorten(block(root, place), stays, manager));
        Map<Block, Block> smaller = new IdentityHashMap<>();
        List<LayerBlock> old = new ArrayList<>();
        layers.forEach((id, cut) -> {
            LayerBlock layer = LayerStages.find(root, id);
            smaller.put(layer.block(), smaller(layer, cut, manager));
            old.add(layer);
        });
        Block tree = References.replace(root, smaller);
        old.forEach(layer -> layer.block().getDirectParameters().values().forEach(Parameter::close));
        Training.remember(tree, manager, inputs);
        return tree;
    }

    private static boolean[] both(boolean[] some, boolean[] others) {
        boolean[] both = some.clone();
        for (int i = 0; i < both.length; i++) {
            both[i] &= others[i];
        }
        return both;
    }

    private static Block block(Block root, List<Integer> place) {
        Block block = root;
        for (int child : place) {
            block = block.getChildren().valueAt(child);
        }
        return block;
    }

    private static Block smaller(LayerBlock layer, CutLayer cut, NDManager manager) {
        Block block = layer.sized(
                cut.out(), layer.bias().isPresent() || cut.correction().isPresent());
        LayerBlock made = new LayerBlock(layer.path(), block);
        NDArray weight = layer.weight().getArray();
        DataType type = weight.getDataType();
        made.weight()
                .setArray(ParameterArrays.write(
                        manager, dims(weight.getShape(), cut), cut.weight(ParameterArrays.read(weight)), type));
        Training.of(layer.weight()).apply(made.weight());
        made.bias().ifPresent(bias -> {
            Parameter like = layer.bias().orElse(layer.weight());
            float[] values = bias(layer, cut);
            bias.setArray(ParameterArrays.write(
                    manager, new Shape(values.length), values, like.getArray().getDataType()));
            Training.of(like).apply(bias);
        });
        return block;
    }

    private static Shape dims(Shape before, CutLayer cut) {
        long[] dims = before.getShape().clone();
        dims[0] = cut.out();
        dims[1] = cut.in();
        return new Shape(dims);
    }

    /** The bias afterwards, of the original one if there is one. */
    private static float[] bias(LayerBlock layer, CutLayer cut) {
        float[] bias = layer.bias()
                .map(parameter -> cut.written(ParameterArrays.read(parameter.getArray()), 1))
                .orElseGet(() -> new float[cut.out()]);
        cut.correction().ifPresent(added -> {
            for (int i = 0; i < bias.length; i++) {
                bias[i] += added[i];
            }
        });
        return bias;
    }

    /** Leaves out elements of all parameters of a block. */
    private static void shorten(Block block, boolean[] stays, NDManager manager) {
        block.getDirectParameters().values().forEach(parameter -> {
            NDArray array = parameter.getArray();
            float[] values = ParameterArrays.read(array);
            float[] left = new float[values.length];
            int count = 0;
            for (int i = 0; i < values.length; i++) {
                if (stays[i]) {
                    left[count++] = values[i];
                }
            }
            try (NDArray shorter =
                    ParameterArrays.write(manager, new Shape(count), Arrays.copyOf(left, count), array.getDataType())) {
                reload(parameter, shorter, manager);
            }
        });
    }

    /** A parameter takes an array of another shape only by loading it. */
    private static void reload(Parameter parameter, NDArray values, NDManager manager) {
        Training training = Training.of(parameter);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            Parameter.builder()
                    .setName(parameter.getName())
                    .setType(parameter.getType())
                    .optArray(values)
                    .build()
                    .save(out);
            parameter.close();
            parameter.load(manager, new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (MalformedModelException e) {
            throw new IllegalStateException(e);
        }
        training.apply(parameter);
    }

    /**
     * Makes layers of a tree without weights as small as cuts left them.
     *
     * @param left by layer
     * @return the tree's root
     * @throws InvalidInputException if there is no such layer, or cuts cannot have left that of it
     */
    public static Block structure(Block root, Map<LayerId, CutShape> left) {
        Map<Block, Block> smaller = new IdentityHashMap<>();
        left.forEach((id, shape) -> {
            LayerBlock layer = LayerStages.find(root, id);
            problem(layer, shape).ifPresent(problem -> {
                throw new InvalidInputException("What cuts left of layer '" + id + "' does not fit: " + problem + ".");
            });
            smaller.put(
                    layer.block(),
                    layer.sized(shape.out(), shape.bias() || layer.bias().isPresent()));
        });
        return References.replace(root, smaller);
    }

    private static Optional<String> problem(LayerBlock layer, CutShape left) {
        if (layer.isRecurrent()) {
            return Optional.of("nothing is cut from a recurrent block");
        }
        if (left.out() > layer.outChannels()) {
            return Optional.of("it has " + left.out() + " output channels, the layer " + layer.outChannels());
        }
        if (left.out() < layer.outChannels() && layer.groups() > 1 && layer.groups() != layer.outChannels()) {
            return Optional.of("it is a grouped convolution");
        }
        return layer.isReplaceable()
                ? Optional.empty()
                : Optional.of("nothing can stand in the place of a "
                        + layer.block().getClass().getSimpleName());
    }

    /**
     * What cuts left of the layers of a tree.
     *
     * @param root with any layers replaced, after any cuts
     * @param made a tree without weights, as the other one was before
     * @return by layer of the tree as it was made
     */
    public static Map<LayerId, CutShape> shapes(Block root, Block made) {
        List<LayerBlock> now = LayerBlock.whole(root);
        List<LayerBlock> before = LayerBlock.whole(made);
        Map<LayerId, CutShape> shapes = new LinkedHashMap<>();
        for (int i = 0; i < now.size(); i++) {
            if (now.get(i).isRecurrent()) {
                continue;
            }
            boolean bias = now.get(i).hadBias() && before.get(i).bias().isEmpty();
            if (bias || now.get(i).outChannels() != before.get(i).outChannels()) {
                shapes.put(
                        new LayerId(now.get(i).path()), new CutShape(now.get(i).outChannels(), bias));
            }
        }
        return shapes;
    }
}
