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
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.plan.Stage;
import dev.wsvd.json.StageShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
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
        if (layer.isRecurrent() && !layer.isReplaceable()) {
            return Optional.of("nothing can stand in the place of a "
                    + layer.block().getClass().getSimpleName());
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
            return Optional.of("a " + LayerBlock.kind(layer.block()) + " has no groups");
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
        return from.block().getClass() == to.block().getClass()
                && from.isReplaceable()
                && !from.isRecurrent()
                && !from.isSizedLike(to);
    }

    /**
     * Replaces a layer of a tree with weights. All stages have the layer's type of weights; they are frozen if the layer was. A layer
     * without a bias gets one if there is a bias correction.
     *
     * @param manager what the new weights belong to
     * @return the tree's root
     */
    public static Block weights(Block root, Layer layer, List<Stage> stages, NDManager manager) {
        Block apart = apart(root, layer.id());
        LayerBlock old = find(apart, layer.id());
        Staged staged =
                old.inStages(stages.stream().map(stage -> shape(stage.op())).toList());
        fill(staged, old, stages, manager, inputShape(layer, old));
        Block tree = References.replace(apart, Map.of(old.block(), staged));
        old.weights().forEach(Parameter::close);
        return tree;
    }

    /** A tree in which a layer has a block of its own. */
    public static Block apart(Block root, LayerId layer) {
        return RecurrentStacks.apart(root, layer.name()::equals);
    }

    private static Shape inputShape(Layer layer, LayerBlock block) {
        List<Long> dims = new ArrayList<>(layer.inputShape());
        if (block.isStepsFirst()) {
            Collections.swap(dims, 0, 1);
        }
        return new Shape(dims.stream().mapToLong(Long::longValue).toArray());
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
            write(blocks.get(i).weights(), stage, type, manager);
            setBiases(blocks.get(i).biases(), old, correction, manager);
        }
        if (old.isRecurrent()) {
            RecurrentStacks.keepStates(old, blocks.get(stages.size() - 1), manager);
        }
        for (LayerBlock block : blocks) {
            block.weights().forEach(weights::apply);
            block.biases().forEach(biases::apply);
        }
        Training.remember(staged, manager, input);
    }

    /** Rows of a weight, as many to each of its parts. */
    private static void write(List<Parameter> parts, Stage stage, DataType type, NDManager manager) {
        WeightShape whole = stage.op().weight();
        int rows = whole.out() / parts.size();
        for (int i = 0; i < parts.size(); i++) {
            WeightShape part = new WeightShape(rows, whole.inPerGroup(), whole.kernel());
            float[] values = Stage.written(stage.weights().rows(i * rows, (i + 1) * rows));
            parts.get(i).setArray(ParameterArrays.write(manager, part, values, type));
        }
    }

    private static void setBiases(
            List<Parameter> parts, LayerBlock layer, Optional<float[]> correction, NDManager manager) {
        for (int i = 0; i < parts.size(); i++) {
            Optional<NDArray> bias = layer.biases().stream().skip(i).findFirst().map(Parameter::getArray);
            Optional<float[]> added = part(correction, i, parts.size());
            parts.get(i)
                    .setArray(corrected(bias, added, layer.weight().getArray().getDataType(), manager));
        }
    }

    private static Optional<float[]> part(Optional<float[]> correction, int part, int parts) {
        return correction.map(
                all -> Arrays.copyOfRange(all, part * all.length / parts, (part + 1) * all.length / parts));
    }

    /** A bias, zeros if there is none, with a correction added; the old array is closed unless it is the new one. */
    private static NDArray corrected(
            Optional<NDArray> bias, Optional<float[]> correction, DataType otherwise, NDManager manager) {
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
        DataType type = bias.map(NDArray::getDataType).orElse(otherwise);
        bias.ifPresent(NDArray::close);
        return ParameterArrays.write(manager, new Shape(sum.length), sum, type);
    }

    /**
     * A layer of a tree in which it has a block of its own.
     *
     * @throws InvalidInputException if the tree has no such layer
     */
    public static LayerBlock find(Block tree, LayerId id) {
        List<LayerBlock> layers = LayerBlock.withRecurrent(tree);
        return layers.stream()
                .filter(layer -> layer.path().equals(id.name()))
                .findFirst()
                .orElseThrow(() -> new InvalidInputException("The network has no layer '" + id + "'."
                        + NearNames.hint(
                                id.name(), layers.stream().map(LayerBlock::path).toList())));
    }
}
