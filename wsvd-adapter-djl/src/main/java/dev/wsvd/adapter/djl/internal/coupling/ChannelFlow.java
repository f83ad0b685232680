package dev.wsvd.adapter.djl.internal.coupling;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.Dropout;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.wsvd.adapter.djl.internal.block.LayerBlock;
import dev.wsvd.adapter.djl.internal.block.Staged;
import dev.wsvd.adapter.djl.internal.coupling.Flowing.Channels;
import dev.wsvd.adapter.djl.internal.coupling.Trials.Code;
import dev.wsvd.adapter.djl.internal.probe.CountingParameterStore;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Coupling.Side;
import dev.wsvd.domain.layer.Layer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Follows the channels that layers write, block by block, to everything that sees them. Sequences and parallel branches are walked
 * through; whatever else is no layer and not known to work channel by channel keeps the units that it sees.
 */
final class ChannelFlow {
    /** What a layer does with units. */
    record Touch(Layer layer, Side side, int[] units) {}

    /** A block with an element for each channel in its parameters, by the way from the root. */
    record Norm(List<Integer> place, int[] units) {}

    /** Parameters that must be used by the block alone that they are of. */
    private record Owned(String path, List<Parameter> parameters, int[] units) {}

    private final NDManager manager;
    private final Map<String, Layer> layers;
    private final CountingParameterStore store;
    private final SplittableRandom random = new SplittableRandom(1);
    private final Lambdas lambdas;
    private final Units units = new Units();
    private final List<Touch> touches = new ArrayList<>();
    private final List<Norm> norms = new ArrayList<>();
    private final List<Owned> owned = new ArrayList<>();

    private ChannelFlow(NDManager manager, List<Layer> layers) {
        this.manager = manager;
        this.layers =
                layers.stream().collect(Collectors.toMap(layer -> layer.id().name(), Function.identity()));
        this.store = new CountingParameterStore(manager);
        this.running = store;
        this.lambdas = new Lambdas(new Trials(manager));
    }

    /**
     * Runs a network on one sample.
     *
     * @param root a tree with weights that is used for nothing else
     * @param layers of it
     */
    static ChannelFlow of(Block root, List<Layer> layers, NDList inputs, NDManager manager) {
        ChannelFlow flow = new ChannelFlow(manager, layers);
        Flowing end = flow.follow(root, "", List.of(), Flowing.without(inputs));
        flow.units.keep(end.units(), "they are an output of the model");
        for (Owned one : flow.owned) {
            one.parameters().stream()
                    .mapToInt(flow.store::uses)
                    .filter(uses -> uses != 1)
                    .findFirst()
                    .ifPresent(uses -> flow.units.keep(
                            one.units(),
                            "the parameters of block '" + one.path() + "' are used " + uses + " times in one pass"));
        }
        return flow;
    }

    Units units() {
        return units;
    }

    List<Touch> touches() {
        return touches;
    }

    List<Norm> norms() {
        return norms;
    }

    /** What blocks run with: the store that counts, but where one is run again. */
    private ParameterStore running;

    private Flowing follow(Block block, String path, List<Integer> place, Flowing input) {
        if (block instanceof Staged) {
            return unknown(
                    block, path, place, input, "layer '" + LayerBlock.name(path, block) + "' is computed in stages");
        }
        if (LayerBlock.isLayer(block)) {
            return layer(block, layers.get(LayerBlock.name(path, block)), input);
        }
        if (Blocks.isSequence(block)) {
            return sequence(block, path, place, input);
        }
        if (block.getClass() == ParallelBlock.class) {
            return parallel(block, path, place, input);
        }
        NDList output = run(block, input);
        if (input.channels().isEmpty()) {
            return block.getChildren().isEmpty() ? Flowing.without(output) : unseen(block, path, place, output);
        }
        Channels channels = input.channels().get();
        return passes(block, path, place, input.arrays(), output, channels)
                .map(to -> Flowing.with(output, to))
                .orElseGet(() -> {
                    units.keep(channels.units(), Blocks.describe(block, path) + " does not keep them apart");
                    return unseen(block, path, place, output);
                });
    }

    private NDList run(Block block, Flowing input) {
        return block.forward(running, input.arrays(), false);
    }

    /** Layers inside a block that is not walked through. */
    private Flowing unseen(Block block, String path, List<Integer> place, NDList output) {
        String reason = "they are inside " + Blocks.describe(block, path);
        Set<String> walked = sequences(block, path, place, reason);
        return inside(block, path, walked, output, reason);
    }

    private Flowing unknown(Block block, String path, List<Integer> place, Flowing input, String reason) {
        units.keep(input.units(), reason);
        return inside(block, path, Set.of(), run(block, input), reason);
    }

    /**
     * Sequences inside such a block, such as the feed-forward part of DJL's transformer blocks, are walked through by themselves, on
     * random inputs of the shape they had last.
     *
     * @return the layers in them
     */
    private Set<String> sequences(Block block, String path, List<Integer> place, String reason) {
        Set<String> walked = new HashSet<>();
        PairList<String, Block> children = block.getChildren();
        for (int i = 0; i < children.size(); i++) {
            Block child = children.valueAt(i);
            String name = LayerBlock.below(path, children.keyAt(i));
            Optional<NDList> inputs = Blocks.isSequence(child) ? inputs(child) : Optional.empty();
            if (inputs.isEmpty()) {
                walked.addAll(LayerBlock.isLayer(child) ? Set.of() : sequences(child, name, child(place, i), reason));
                continue;
            }
            if (isWalked(child, name, child(place, i), inputs.get(), reason)) {
                LayerBlock.of(name, child).forEach(layer -> walked.add(layer.path()));
            }
        }
        return walked;
    }

    /** Walks through a sequence by itself, if it takes such inputs. */
    private boolean isWalked(Block block, String path, List<Integer> place, NDList inputs, String reason) {
        ParameterStore before = running;
        int touched = touches.size();
        int normed = norms.size();
        int owning = owned.size();
        running = new ParameterStore(manager, false);
        try {
            Flowing end = follow(block, path, place, Flowing.without(inputs));
            units.keep(end.units(), reason);
            return true;
        } catch (RuntimeException e) {
            touches.subList(touched, touches.size()).clear();
            norms.subList(normed, norms.size()).clear();
            owned.subList(owning, owned.size()).clear();
            return false;
        } finally {
            running = before;
        }
    }

    /** Random numbers for a block that has been initialized for arrays of known shapes, of the type of its parameters. */
    private Optional<NDList> inputs(Block block) {
        Optional<DataType> type = block.getParameters().values().stream()
                .map(parameter -> parameter.getArray().getDataType())
                .filter(Trials::canWrite)
                .findFirst();
        if (!block.isInitialized() || type.isEmpty()) {
            return Optional.empty();
        }
        NDList inputs = new NDList();
        for (Shape shape : block.getInputShapes()) {
            if (shape.size() < 1) {
                return Optional.empty();
            }
            inputs.add(RandomArray.of(shape, 1, random).on(manager, type.get()));
        }
        return Optional.of(inputs);
    }

    private Flowing inside(Block block, String path, Set<String> walked, NDList output, String reason) {
        for (LayerBlock inner : LayerBlock.of(path, block)) {
            if (walked.contains(inner.path())) {
                continue;
            }
            Layer layer = layers.get(inner.path());
            int[] written = units.open(layer.outChannels());
            touches.add(new Touch(layer, Side.WRITES, written));
            units.keep(written, reason);
        }
        return Flowing.without(output);
    }

    /** Where units are behind a block that is no layer, if it keeps them apart. */
    private Optional<Channels> passes(
            Block block, String path, List<Integer> place, NDList input, NDList output, Channels channels) {
        if (block.getClass() == Dropout.class) {
            return Optional.of(channels);
        }
        if (block.getClass() == BatchNorm.class
                && channels.axis() == 1
                && Blocks.hasPerChannel(block, channels.width())) {
            norms.add(new Norm(place, channels.units()));
            own(path, block, channels.units());
            return Optional.of(channels);
        }
        return block.getClass() == LambdaBlock.class && output.size() == 1
                ? lambdas.through(
                        (LambdaBlock) block,
                        arrays -> block.forward(new ParameterStore(manager, false), arrays, false)
                                .singletonOrThrow(),
                        input.singletonOrThrow(),
                        output.singletonOrThrow(),
                        channels)
                : Optional.empty();
    }

    private void own(String path, Block block, int[] of) {
        owned.add(new Owned(path, block.getDirectParameters().values(), of));
    }

    private Flowing sequence(Block block, String path, List<Integer> place, Flowing input) {
        Flowing current = input;
        PairList<String, Block> children = block.getChildren();
        for (int i = 0; i < children.size(); i++) {
            current = follow(children.valueAt(i), LayerBlock.below(path, children.keyAt(i)), child(place, i), current);
        }
        return current;
    }

    private static List<Integer> child(List<Integer> place, int number) {
        return Stream.concat(place.stream(), Stream.of(number)).toList();
    }

    private Flowing layer(Block block, Layer layer, Flowing input) {
        String path = layer.id().name();
        Optional<Channels> channels = input.channels();
        boolean depthwise = layer.op() instanceof Convolution conv && conv.depthwise();
        NDList output = run(block, input);
        if (depthwise && channels.isPresent() && canPass(block, layer, channels.get())) {
            touches.add(new Touch(layer, Side.PASSES, input.units()));
            own(path, block, input.units());
            return Flowing.with(output, channels.get());
        }
        Optional<String> fixed = fixed(layer);
        channels.ifPresent(read -> read(block, layer, input.arrays().singletonOrThrow(), read, fixed));
        int[] written = units.open(layer.outChannels());
        touches.add(new Touch(layer, Side.WRITES, written));
        own(path, block, written);
        fixed.ifPresent(reason -> units.keep(written, reason));
        NDArray array = output.singletonOrThrow();
        return Flowing.with(output, new Channels(layer.op().channelDim(dims(array)), written));
    }

    private static List<Long> dims(NDArray array) {
        return IntStream.range(0, array.getShape().dimension())
                .mapToObj(dim -> array.getShape().get(dim))
                .toList();
    }

    /** Why a layer has to stay as it is, if so. */
    private static Optional<String> fixed(Layer layer) {
        return layer.unsupportedReason()
                .map(reason -> "layer '" + layer.id() + "' cannot be changed (" + reason + ")")
                .or(() -> layer.groups() > 1
                        ? Optional.of("layer '" + layer.id() + "' is a grouped convolution")
                        : Optional.empty());
    }

    private static boolean canPass(Block block, Layer layer, Channels channels) {
        return new LayerBlock(layer.id().name(), block).isReplaceable()
                && channels.axis() == 1
                && channels.width() == layer.outChannels()
                && Blocks.hasFloats(block);
    }

    private void read(Block block, Layer layer, NDArray array, Channels channels, Optional<String> fixed) {
        boolean fits = channels.axis() == layer.op().channelDim(dims(array)) && channels.width() == layer.inChannels();
        Optional<String> reason = fixed.or(() ->
                fits ? Optional.empty() : Optional.of("they are not the input channels of layer '" + layer.id() + "'"));
        if (reason.isPresent()) {
            units.keep(channels.units(), reason.get());
        } else {
            touches.add(new Touch(layer, Side.READS, channels.units()));
            own(layer.id().name(), block, channels.units());
        }
    }

    private Flowing parallel(Block block, String path, List<Integer> place, Flowing input) {
        PairList<String, Block> children = block.getChildren();
        List<Flowing> branches = IntStream.range(0, children.size())
                .mapToObj(i ->
                        follow(children.valueAt(i), LayerBlock.below(path, children.keyAt(i)), child(place, i), input))
                .toList();
        try (Join join = new Join(block, manager)) {
            NDList output = join.run(branches.stream().map(Flowing::arrays).toList(), input.arrays());
            if (branches.stream().allMatch(branch -> branch.channels().isEmpty())) {
                return Flowing.without(output);
            }
            return joined(join, branches, input.arrays())
                    .map(channels -> Flowing.with(output, channels))
                    .orElseGet(() -> {
                        branches.forEach(branch -> units.keep(
                                branch.units(),
                                Blocks.describe(block, path) + " joins them in a way that is not known"));
                        return Flowing.without(output);
                    });
        }
    }

    private Optional<Channels> joined(Join join, List<Flowing> branches, NDList input) {
        List<Shape> shapes = branches.stream()
                .flatMap(branch -> branch.arrays().stream())
                .map(NDArray::getShape)
                .toList();
        List<Integer> axes = branches.stream()
                .flatMap(branch -> branch.channels().stream())
                .map(Channels::axis)
                .distinct()
                .toList();
        if (!join.hasOwnBranches() || axes.size() != 1 || shapes.size() != branches.size()) {
            return Optional.empty();
        }
        int axis = axes.get(0);
        DataType type = branches.get(0).arrays().get(0).getDataType();
        Code code = arrays ->
                join.run(arrays.stream().map(NDList::new).toList(), input).singletonOrThrow();
        List<int[]> channels =
                branches.stream().map(branch -> channels(branch, axis)).toList();
        if (shapes.stream().distinct().count() == 1 && lambdas.isSum(code, shapes, type, axis)) {
            channels.forEach(more -> units.join(channels.get(0), more));
            return Optional.of(new Channels(axis, channels.get(0)));
        }
        return lambdas.isConcatenation(code, shapes, type, axis)
                ? Optional.of(new Channels(
                        axis, channels.stream().flatMapToInt(IntStream::of).toArray()))
                : Optional.empty();
    }

    /** The units of a branch, or as many channels that are of none. */
    private static int[] channels(Flowing branch, int axis) {
        return branch.channels().map(Channels::units).orElseGet(() -> {
            int[] none = new int
                    [Math.toIntExact(
                            branch.arrays().singletonOrThrow().getShape().get(axis))];
            Arrays.fill(none, Units.NONE);
            return none;
        });
    }
}
