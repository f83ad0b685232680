package dev.wsvd.adapter.djl.internal.coupling;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Blocks;
import ai.djl.nn.LambdaBlock;
import dev.wsvd.adapter.djl.internal.coupling.Flowing.Channels;
import dev.wsvd.adapter.djl.internal.coupling.Trials.Code;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What is known of lambdas and joins, which cannot be looked into. One is taken for channel-wise if it is one of DJL's own, by its name
 * or by what it computes, and works channel by channel when it is tried.
 */
record Lambdas(Trials trials) {
    /** Names that DJL gives to its own lambdas, of activations, pools and a few more. */
    private static final Set<String> NAMES = Set.of(
            "ReLU",
            "ReLU6",
            "sigmoid",
            "Tanh",
            "softPlus",
            "softSign",
            "LeakyReLU",
            "ELU",
            "SELU",
            "GELU",
            "Swish",
            "Mish",
            "identity",
            "batchFlatten",
            "maxPool1d",
            "maxPool2d",
            "maxPool3d",
            "globalMaxPool1d",
            "globalMaxPool2d",
            "globalMaxPool3d",
            "avgPool1d",
            "avgPool2d",
            "avgPool3d",
            "globalAvgPool1d",
            "globalAvgPool2d",
            "globalAvgPool3d",
            "lpPool1d",
            "lpPool2d",
            "lpPool3d",
            "globalLpPool1d",
            "globalLpPool2d",
            "globalLpPool3d");

    /** Functions of DJL that are given without a name: {@code add(Activation::relu)}. */
    private static final List<UnaryOperator<NDArray>> FUNCTIONS = List.of(
            Activation::relu,
            Activation::relu6,
            Activation::sigmoid,
            Activation::tanh,
            Activation::softPlus,
            Activation::softSign,
            Activation::selu,
            Activation::gelu,
            Activation::mish,
            Blocks::batchFlatten);

    /**
     * Where the units of a lambda's input are in its output; empty if it does not keep them apart.
     *
     * @param input of the lambda in a run
     * @param output of it
     */
    Optional<Channels> through(LambdaBlock block, Code code, NDArray input, NDArray output, Channels channels) {
        List<Shape> shapes = List.of(input.getShape());
        DataType type = input.getDataType();
        if (!Trials.canWrite(type) || output.getDataType() != type) {
            return Optional.empty();
        }
        boolean known = NAMES.contains(block.getName())
                || FUNCTIONS.stream()
                        .anyMatch(
                                function -> trials.isLike(code, arrays -> function.apply(arrays.get(0)), shapes, type));
        if (!known) {
            return Optional.empty();
        }
        int[] axes = {channels.axis()};
        return Stream.of(inPlace(output.getShape(), channels), flattened(input.getShape(), output.getShape(), channels))
                .flatMap(Optional::stream)
                .filter(to -> trials.isChannelWise(code, shapes, type, axes, true, to.axis(), to.units()))
                .map(to -> new Channels(to.axis(), of(to.units(), channels.units())))
                .findFirst();
    }

    /** As many channels along the same axis, as channel numbers. */
    private static Optional<Channels> inPlace(Shape output, Channels channels) {
        return channels.axis() < output.dimension() && output.get(channels.axis()) == channels.width()
                ? Optional.of(new Channels(
                        channels.axis(), IntStream.range(0, channels.width()).toArray()))
                : Optional.empty();
    }

    /** All dims but the first in one, as channel numbers. */
    private static Optional<Channels> flattened(Shape input, Shape output, Channels channels) {
        if (channels.axis() < 1
                || output.dimension() != 2
                || output.get(1) != input.slice(1).size()) {
            return Optional.empty();
        }
        int behind = Math.toIntExact(input.slice(channels.axis() + 1).size());
        return Optional.of(new Channels(
                1,
                IntStream.range(0, Math.toIntExact(output.get(1)))
                        .map(place -> place / behind % channels.width())
                        .toArray()));
    }

    private static int[] of(int[] numbers, int[] units) {
        return IntStream.of(numbers).map(number -> units[number]).toArray();
    }

    /** How branches of one shape are joined: their sum, or that through a ReLU. */
    boolean isSum(Code join, List<Shape> branches, DataType type, int axis) {
        int[] axes = branches.stream().mapToInt(branch -> axis).toArray();
        int[] all =
                IntStream.range(0, Math.toIntExact(branches.get(0).get(axis))).toArray();
        return Stream.<Code>of(Lambdas::sum, arrays -> Activation.relu(sum(arrays)))
                        .anyMatch(known -> trials.isLike(join, known, branches, type))
                && trials.isChannelWise(join, branches, type, axes, true, axis, all);
    }

    private static NDArray sum(NDList arrays) {
        return arrays.stream().reduce(NDArray::add).orElseThrow();
    }

    /** How branches are joined: one beside the other along an axis. */
    boolean isConcatenation(Code join, List<Shape> branches, DataType type, int axis) {
        int[] axes = branches.stream().mapToInt(branch -> axis).toArray();
        int width = Math.toIntExact(
                branches.stream().mapToLong(branch -> branch.get(axis)).sum());
        return trials.isLike(join, arrays -> NDArrays.concat(arrays, axis), branches, type)
                && trials.isChannelWise(
                        join,
                        branches,
                        type,
                        axes,
                        false,
                        axis,
                        IntStream.range(0, width).toArray());
    }
}
