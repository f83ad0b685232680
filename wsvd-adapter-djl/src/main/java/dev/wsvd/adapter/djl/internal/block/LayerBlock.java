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
import ai.djl.nn.recurrent.RecurrentBlock;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.json.StageShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * A block that is a layer, a {@code Linear} or a convolution, with or without weights.
 *
 * @param path the names of the blocks from the root to this one, joined by {@code _}, as DJL names parameters
 */
public record LayerBlock(String path, Block block) {
    private static final Set<Class<?>> REPLACEABLE = Set.of(Linear.class, Conv1d.class, Conv2d.class, Conv3d.class);

    /** The layers of a tree, parents before children, in the order of the blocks. A layer's own blocks are not looked into. */
    public static List<LayerBlock> of(Block root) {
        return collected(root, block -> !(block instanceof Staged) && isLayer(block));
    }

    /** The same and, where they stand among them, recurrent blocks: no layers, but what holds some ({@link RecurrentWeight}). */
    public static List<LayerBlock> withRecurrent(Block root) {
        return collected(
                root, block -> !(block instanceof Staged) && (isLayer(block) || block instanceof RecurrentBlock));
    }

    /** The layers of a part of a tree. */
    public static List<LayerBlock> of(String path, Block part) {
        List<LayerBlock> found = new ArrayList<>();
        collect(path, part, block -> !(block instanceof Staged) && isLayer(block), found);
        return found;
    }

    /** The same, where a layer that is computed in stages is one: those that there were before any was replaced. */
    public static List<LayerBlock> whole(Block root) {
        return collected(root, LayerBlock::isLayer);
    }

    /** Whether it holds layers and is none. */
    public boolean isRecurrent() {
        return block instanceof RecurrentBlock;
    }

    /** Whether it is computed in stages. */
    public boolean isReplaced() {
        return block instanceof Staged;
    }

    private static List<LayerBlock> collected(Block root, Predicate<Block> layer) {
        List<LayerBlock> found = new ArrayList<>();
        collect("", root, layer, found);
        return found;
    }

    private static void collect(String path, Block block, Predicate<Block> layer, List<LayerBlock> found) {
        if (layer.test(block)) {
            found.add(new LayerBlock(name(path, block), block));
            return;
        }
        block.getChildren().forEach(child -> collect(below(path, child.getKey()), child.getValue(), layer, found));
    }

    /** A root that is split is called as if it were not. */
    public static String name(String path, Block block) {
        Block named = block instanceof Staged ? new LayerBlock(path, block).unsplit(false) : block;
        return path.isEmpty() ? named.getClass().getSimpleName() : path;
    }

    /** The path of a child. */
    public static String below(String path, String child) {
        return path.isEmpty() ? child : path + "_" + child;
    }

    /** Whether a block is a layer, computed in stages or not. */
    public static boolean isLayer(Block block) {
        return block instanceof Linear || block instanceof Convolution;
    }

    /** W of the layer, which may have no array yet. */
    public Parameter weight() {
        return block.getDirectParameters().get("weight");
    }

    /** b of the layer, if it has one. */
    public Optional<Parameter> bias() {
        return Optional.ofNullable(block.getDirectParameters().get("bias"));
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
                .mapToObj(i -> stage(stages.get(i), i == last && bias().isPresent()))
                .toList());
    }

    private Block stage(StageShape stage, boolean bias) {
        return block instanceof Convolution conv
                ? Geometry.of(conv).part(stage, bias).block()
                : linear(stage.out(), bias);
    }

    /** A block of this layer's type that is computed by others. */
    public Staged staged(List<Block> stages) {
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
