package dev.wsvd.adapter.djl.internal.block;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import dev.wsvd.domain.NearNames;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.plan.Stage;
import dev.wsvd.json.StageShape;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Puts stages in the places of layers of a block tree that nobody else uses. */
public final class LayerStages {
    private LayerStages() {}

    /**
     * Replaces a layer of a tree without weights.
     *
     * @return the tree's root
     * @throws InvalidInputException if the stages do not fit it
     */
    public static Block structure(Block root, LayerBlock layer, List<StageShape> stages) {
        problem(layer, stages).ifPresent(problem -> {
            throw new InvalidInputException("The stages of layer '" + layer.path() + "' do not fit: " + problem + ".");
        });
        return References.replace(root, Map.of(layer.block(), layer.inStages(stages)));
    }

    private static Optional<String> problem(LayerBlock layer, List<StageShape> stages) {
        if (stages.isEmpty()) {
            return Optional.of("there is none");
        }
        StageShape before = stages.get(0);
        for (StageShape stage : stages) {
            if (before.out() % stage.groups() != 0 || stage.out() % stage.groups() != 0) {
                return Optional.of(stage.groups() + " groups do not divide their channels");
            }
            before = stage;
        }
        if (before.out() != layer.outChannels()) {
            return Optional.of("the last gives " + before.out() + " channels, the layer " + layer.outChannels());
        }
        if (!layer.isConv() && stages.stream().anyMatch(stage -> stage.groups() > 1)) {
            return Optional.of("a Linear has no groups");
        }
        List<Integer> axes =
                stages.stream().flatMap(stage -> stage.axes().stream()).sorted().toList();
        return axes.equals(layer.axes())
                ? Optional.empty()
                : Optional.of("they move along the axes " + axes + ", the layer along " + layer.axes());
    }

    /**
     * Replaces layers of a tree without weights as those of another tree of the same making are, and makes them as small.
     *
     * @return the tree's root
     */
    static Block like(Block replaced, Block root) {
        List<LayerBlock> from = LayerBlock.whole(replaced);
        List<LayerBlock> to = LayerBlock.whole(root);
        Map<Block, Block> replacements = new IdentityHashMap<>();
        for (int i = 0; i < Math.min(from.size(), to.size()); i++) {
            if (from.get(i).isReplaced() || isCut(from.get(i), to.get(i))) {
                replacements.put(to.get(i).block(), from.get(i).copy());
            }
        }
        return References.replace(root, replacements);
    }

    private static boolean isCut(LayerBlock from, LayerBlock to) {
        return from.block().getClass() == to.block().getClass() && from.isReplaceable() && !from.isSizedLike(to);
    }

    /**
     * Replaces a layer of a tree with weights. All stages have the layer's type of weights; they are frozen if the layer was. A layer
     * without a bias gets one if there is a bias correction.
     *
     * @param manager what the new weights belong to
     * @return the tree's root
     */
    public static Block weights(Block root, Layer layer, List<Stage> stages, NDManager manager) {
        LayerBlock old = find(root, layer.id());
        Staged staged =
                old.inStages(stages.stream().map(stage -> shape(stage.op())).toList());
        fill(
                staged,
                old,
                stages,
                manager,
                new Shape(layer.inputShape().stream().mapToLong(Long::longValue).toArray()));
        Block tree = References.replace(root, Map.of(old.block(), staged));
        old.weight().close();
        return tree;
    }

    private static StageShape shape(Op op) {
        List<Integer> axes = op instanceof Convolution conv
                ? IntStream.range(0, conv.weight().kernel().size())
                        .filter(conv::movesAlong)
                        .mapToObj(dim -> Geometry.FIRST_AXIS + dim)
                        .toList()
                : List.of();
        return new StageShape(op.weight().out(), op.groups(), axes);
    }

    private static void fill(Staged staged, LayerBlock old, List<Stage> stages, NDManager manager, Shape input) {
        Optional<float[]> correction = stages.get(stages.size() - 1).biasCorrection();
        if (old.bias().isEmpty() && correction.isPresent()) {
            staged.addBias();
        }
        Training weights = Training.of(old.weight());
        Training biases = old.bias().map(Training::of).orElse(weights);
        DataType type = old.weight().getArray().getDataType();
        List<LayerBlock> blocks = LayerBlock.stages(staged);
        for (int i = 0; i < stages.size(); i++) {
            Stage stage = stages.get(i);
            NDArray array = ParameterArrays.write(
                    manager, stage.op().weight(), Stage.written(stage.weights().all()), type);
            blocks.get(i).weight().setArray(array);
            blocks.get(i).bias().ifPresent(bias -> bias.setArray(corrected(old, correction, manager)));
        }
        // Nothing is left to initialize but what the blocks remember of their inputs' shapes.
        staged.initialize(manager, type, input);
        for (LayerBlock block : blocks) {
            weights.apply(block.weight());
            block.bias().ifPresent(biases::apply);
        }
    }

    /** The layer's bias, zeros if it has none, with the correction added; the old array is closed unless it is the new one. */
    private static NDArray corrected(LayerBlock layer, Optional<float[]> correction, NDManager manager) {
        Optional<NDArray> bias = layer.bias().map(Parameter::getArray);
        if (correction.isEmpty()) {
            return bias.orElseThrow();
        }
        float[] sum = correction.get().clone();
        bias.ifPresent(array -> {
            float[] old = ParameterArrays.read(array);
            for (int i = 0; i < sum.length; i++) {
                sum[i] += old[i];
            }
        });
        DataType type = bias.orElse(layer.weight().getArray()).getDataType();
        bias.ifPresent(NDArray::close);
        return ParameterArrays.write(manager, new Shape(sum.length), sum, type);
    }

    /**
     * A layer of a tree.
     *
     * @throws InvalidInputException if the tree has no such layer
     */
    public static LayerBlock find(Block tree, LayerId id) {
        List<LayerBlock> layers = LayerBlock.of(tree);
        return layers.stream()
                .filter(layer -> layer.path().equals(id.name()))
                .findFirst()
                .orElseThrow(() -> new InvalidInputException("The network has no layer '" + id + "'."
                        + NearNames.hint(
                                id.name(), layers.stream().map(LayerBlock::path).toList())));
    }
}
