package dev.wsvd.adapter.djl.internal.block;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.convolutional.Conv1d;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.convolutional.Conv3d;
import ai.djl.nn.convolutional.Convolution;
import ai.djl.nn.core.Linear;
import ai.djl.nn.recurrent.GRU;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.nn.recurrent.RNN;
import ai.djl.nn.recurrent.RecurrentBlock;
import ai.djl.util.Pair;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.json.StageShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * A block that is a layer, a {@code Linear} or a convolution, with or without weights; or a recurrent block, which is one by its input
 * weight if it has only one.
 *
 * @param path the names of the blocks from the root to this one, joined by {@code _}, as DJL names parameters
 * @param states what the recurrent weight in it is named after: the path that it had before its layer was replaced
 */
public record LayerBlock(String path, String states, Block block) {
    private static final Set<Class<?>> REPLACEABLE = Set.of(
            Linear.class,
            Conv1d.class,
            Conv2d.class,
            Conv3d.class,
            LSTM.class,
            GRU.class,
            RNN.class,
            RecurrentCell.class);

    public LayerBlock(String path, Block block) {
        this(path, path, block);
    }

    /** The layers of a tree, parents before children, in the order of the blocks. A layer's own blocks are not looked into. */
    public static List<LayerBlock> of(Block root) {
        return collected(root, block -> !(block instanceof Staged) && isLayer(block));
    }

    /** The same and, where they stand among them, recurrent blocks, which may hold several ({@link RecurrentWeight}). */
    public static List<LayerBlock> withRecurrent(Block root) {
        return collected(
                root, block -> !(block instanceof Staged) && (isLayer(block) || block instanceof RecurrentBlock));
    }

    /** The layers of a part of a tree. */
    public static List<LayerBlock> of(String path, Block part) {
        List<LayerBlock> found = new ArrayList<>();
        new LayerBlock(path, part).collect(block -> !(block instanceof Staged) && isLayer(block), found);
        return found;
    }

    /** The same, where a block that is computed by others is one: those that there were before any was replaced. */
    public static List<LayerBlock> whole(Block root) {
        return collected(root, block -> isLayer(block) || block instanceof RecurrentBlock);
    }

    /** Whether it is a recurrent block. */
    public boolean isRecurrent() {
        return block instanceof RecurrentBlock;
    }

    /** Whether it is a recurrent block whose input counts the steps along the first dim and the samples along the second. */
    public boolean isStepsFirst() {
        return (isReplaceable() || isReplaced())
                && block instanceof RecurrentBlock recurrent
                && !Recurrence.of(recurrent).samplesFirst();
    }

    /** The layers of a tree that see what such a block sees, or what others of them make of it. */
    public static Set<Block> stepsFirst(Block root) {
        Set<Block> found = Collections.newSetFromMap(new IdentityHashMap<>());
        for (LayerBlock whole : whole(root)) {
            if (whole.isStepsFirst()) {
                withRecurrent(whole.block()).forEach(layer -> found.add(layer.block()));
            }
        }
        return found;
    }

    /** Whether it is computed by others. */
    public boolean isReplaced() {
        return block instanceof Staged;
    }

    private static List<LayerBlock> collected(Block root, Predicate<Block> layer) {
        List<LayerBlock> found = new ArrayList<>();
        new LayerBlock("", root).collect(layer, found);
        return found;
    }

    private void collect(Predicate<Block> layer, List<LayerBlock> found) {
        if (layer.test(block)) {
            found.add(named());
            return;
        }
        children().forEach(child -> child.collect(layer, found));
    }

    /** The blocks right below it. Those of a recurrent stack that was taken apart are named as its layers were. */
    List<LayerBlock> children() {
        List<LayerBlock> children = new ArrayList<>();
        for (Pair<String, Block> child : block.getChildren()) {
            if (isStack()) {
                children.add(new LayerBlock(RecurrentWeight.path(named().path(), children.size()), child.getValue()));
            } else {
                String below = below(path, child.getKey());
                children.add(new LayerBlock(below, isRecurrent() ? named().states() : below, child.getValue()));
            }
        }
        return children;
    }

    /** Whether it is a recurrent stack that was taken apart. */
    boolean isStack() {
        return block instanceof StagedRecurrent staged && staged.isStack();
    }

    /** The same, where the root has a name too. */
    LayerBlock named() {
        return new LayerBlock(name(path, block), name(states, block), block);
    }

    /** A root that is split is called as if it were not. */
    public static String name(String path, Block block) {
        return path.isEmpty() ? kind(block) : path;
    }

    /** The name of the class that a block is of, or was before it was replaced. */
    static String kind(Block block) {
        if (block instanceof RecurrentCell || block instanceof StagedRecurrent) {
            return Recurrence.of((RecurrentBlock) block).kind().block();
        }
        Block named = block instanceof Staged ? new LayerBlock("", block).unsplit(false) : block;
        return named.getClass().getSimpleName();
    }

    /** The path of a child. */
    public static String below(String path, String child) {
        return path.isEmpty() ? child : path + "_" + child;
    }

    /** Whether a block is a layer, computed in stages or not. */
    public static boolean isLayer(Block block) {
        return block instanceof Linear || block instanceof Convolution;
    }

    /** W of the layer, which may have no array yet; of a recurrent block the rows of its first direction. */
    public Parameter weight() {
        return weights().get(0);
    }

    /** b of the layer, if it has one; of a recurrent block that of its first direction. */
    public Optional<Parameter> bias() {
        return biases().stream().findFirst();
    }

    /** What W consists of, one above the other: a part for each direction of a recurrent block. */
    List<Parameter> weights() {
        return isRecurrent()
                ? RecurrentWeight.of(this).get(0).parts()
                : List.of(block.getDirectParameters().get("weight"));
    }

    /** What b consists of, in the same order; empty if there is none. */
    List<Parameter> biases() {
        return isRecurrent()
                ? RecurrentWeight.of(this).get(0).biases()
                : Optional.ofNullable(block.getDirectParameters().get("bias")).stream()
                        .toList();
    }

    public boolean isConv() {
        return block instanceof Convolution;
    }

    /** g. */
    public int groups() {
        return block instanceof Convolution conv ? conv.getGroups() : 1;
    }

    /** One entry per spatial dim; empty for a {@code Linear}. */
    public List<Integer> stride() {
        return block instanceof Convolution conv ? ints(conv.getStride()) : List.of();
    }

    /** One entry per spatial dim; empty for a {@code Linear}. */
    public List<Integer> dilation() {
        return block instanceof Convolution conv ? ints(conv.getDilation()) : List.of();
    }

    /** Zeros on each side, one entry per spatial dim; empty for a {@code Linear}. */
    public List<Integer> padding() {
        return block instanceof Convolution conv ? ints(conv.getPadding()) : List.of();
    }

    /** Shape of the weight, which must have an array. */
    public WeightShape weightShape() {
        List<Integer> dims = ints(weight().getArray().getShape());
        return new WeightShape(dims.get(0), dims.get(1), dims.subList(2, dims.size()));
    }

    /** Whether a block computed in stages can stand in this one's place, in a field of its type for instance. */
    public boolean isReplaceable() {
        return REPLACEABLE.contains(block.getClass());
    }

    /** Why this kind of layer, or a weight of this kind, is never replaced. */
    public Optional<String> unsupportedReason() {
        if (!isReplaceable()) {
            return Optional.of("its class " + block.getClass().getSimpleName() + " may compute something else than "
                    + block.getClass().getSuperclass().getSimpleName());
        }
        DataType type = weight().getArray().getDataType();
        if (type != DataType.FLOAT32 && type != DataType.FLOAT16) {
            return Optional.of("its weights are " + type + "; only float32 and float16 are split");
        }
        return groups() > 1 && weightShape().inPerGroup() == 1 ? Optional.of("depthwise") : Optional.empty();
    }

    /** What the weight's shape must be but for the input channels, [n][k…]; needs no weight. */
    public List<Long> outputsAndKernel() {
        List<Long> dims = new ArrayList<>(List.of((long) outChannels()));
        if (block instanceof Convolution conv) {
            Arrays.stream(conv.getKernelShape().getShape()).forEach(dims::add);
        }
        return dims;
    }

    /** n. */
    public int outChannels() {
        if (block instanceof RecurrentBlock recurrent) {
            return Recurrence.of(recurrent).rows();
        }
        return Math.toIntExact(
                block instanceof Convolution conv
                        ? conv.getFilters()
                        : block.getOutputShapes(new Shape[] {new Shape(1, 1)})[0].tail());
    }

    /** Axes of the input [N][C][spatial…] along which it has more than one tap, a stride or padding. */
    public List<Integer> axes() {
        return block instanceof Convolution conv ? Geometry.of(conv).axes() : List.of();
    }

    /** The layers that compute one in stages, some of which may be computed in stages themselves. */
    static List<LayerBlock> stages(Staged layer) {
        return layer.stages().values().stream()
                .map(stage -> new LayerBlock("stage", stage))
                .toList();
    }

    /** What a plan tells of this layer as a stage of another. */
    StageShape shape() {
        return new StageShape(outChannels(), groups(), axes());
    }

    /** Layers one after the other, without weights, to stand in this one's place. */
    Staged inStages(List<StageShape> stages) {
        int last = stages.size() - 1;
        return staged(IntStream.rangeClosed(0, last)
                .mapToObj(i -> i == last ? last(stages.get(i)) : stage(stages.get(i), false))
                .toList());
    }

    private Block last(StageShape stage) {
        boolean bias = bias().isPresent();
        return isRecurrent() ? unsplit(bias) : stage(stage, bias);
    }

    private Block stage(StageShape stage, boolean bias) {
        return block instanceof Convolution conv
                ? Geometry.of(conv).part(stage, bias).block()
                : linear(stage.out(), bias);
    }

    /** A block of this layer's type that is computed by others. */
    public Staged staged(List<Block> stages) {
        if (block instanceof RecurrentBlock recurrent) {
            return new StagedRecurrent(Recurrence.of(recurrent), stages);
        }
        return block instanceof Convolution conv
                ? Geometry.of(conv).staged(stages)
                : new StagedLinear(outChannels(), stages);
    }

    /** A block of this layer's geometry with other output channels, without weights; a convolution in groups has one for each. */
    Block sized(int out, boolean bias) {
        return block instanceof Convolution conv
                ? Geometry.of(conv).sized(out, bias).block()
                : linear(out, bias);
    }

    /** Whether it has a bias; of a layer in stages, whether it had one when it was replaced. */
    boolean hadBias() {
        return block instanceof Staged staged ? staged.hadBias() : bias().isPresent();
    }

    /** Whether another layer computes with a weight and bias of the same sizes, but for the input channels. */
    boolean isSizedLike(LayerBlock other) {
        return outChannels() == other.outChannels()
                && groups() == other.groups()
                && bias().isPresent() == other.bias().isPresent();
    }

    /** A block like this one, in stages if it is, without weights. */
    Block copy() {
        if (!(block instanceof Staged whole)) {
            return unsplit(bias().isPresent());
        }
        List<LayerBlock> stages = stages(whole);
        // A stage is named for what it was when its layer was replaced.
        Staged copy = staged(stages.stream().map(stage -> stage.unsplit(false)).toList());
        copy.stages().values().clear();
        copy.stages().values().addAll(stages.stream().map(LayerBlock::copy).toList());
        copy.setVersion(whole.version());
        return copy;
    }

    /** A block that computes what this one does, not in stages, without weights. */
    Block unsplit(boolean bias) {
        if (block instanceof RecurrentBlock recurrent) {
            return new RecurrentCell(Recurrence.of(recurrent).withBias(bias));
        }
        return block instanceof Convolution conv
                ? Geometry.of(conv).withBias(bias).block()
                : linear(outChannels(), bias);
    }

    /** Every layer that stands in several places of the tree, with all its paths. */
    public static Map<Block, List<String>> shared(List<LayerBlock> layers) {
        Map<Block, List<String>> paths = new IdentityHashMap<>();
        layers.forEach(layer ->
                paths.computeIfAbsent(layer.block(), block -> new ArrayList<>()).add(layer.path()));
        paths.values().removeIf(all -> all.size() == 1);
        return paths;
    }

    private static Linear linear(int units, boolean bias) {
        return Linear.builder().setUnits(units).optBias(bias).build();
    }

    private static List<Integer> ints(Shape shape) {
        return Arrays.stream(shape.getShape()).mapToObj(Math::toIntExact).toList();
    }
}
