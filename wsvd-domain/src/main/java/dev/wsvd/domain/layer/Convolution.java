package dev.wsvd.domain.layer;

import dev.wsvd.domain.error.InvalidInputException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * A convolution of one, two or three spatial dims. Shapes are [N][C][spatial…].
 *
 * <p>Each output is W times a patch, the m/g input channels under each tap. A transposed convolution is written so too: between its input
 * positions stand stride − 1 zeros, and its taps are counted backwards.
 *
 * @param weight W[n][m/g][k…]
 * @param groups g, divides n
 * @param stride one entry per spatial dim
 * @param dilation one entry per spatial dim
 * @param padding how many zeros stand before the first input position, per spatial dim; of a transposed one, how many outputs are left out
 *     before the first
 * @param transposed whether inputs are spread over outputs: an input at i adds to the outputs at i · stride + tap · dilation − padding
 */
public record Convolution(
        WeightShape weight,
        int groups,
        List<Integer> stride,
        List<Integer> dilation,
        List<Integer> padding,
        boolean transposed)
        implements Op {
    /** @throws InvalidInputException if the groups do not divide the output channels */
    public Convolution {
        Objects.requireNonNull(weight, "weight");
        stride = List.copyOf(stride);
        dilation = List.copyOf(dilation);
        padding = List.copyOf(padding);
        if (groups < 1 || weight.out() % groups != 0) {
            throw new InvalidInputException("A convolution has " + groups + " groups, which do not divide its "
                    + weight.out() + " output channels.");
        }
    }

    /** One that is not transposed. */
    public Convolution(
            WeightShape weight, int groups, List<Integer> stride, List<Integer> dilation, List<Integer> padding) {
        this(weight, groups, stride, dilation, padding, false);
    }

    /** A convolution without dilation and padding. */
    public Convolution(WeightShape weight, int groups, List<Integer> stride) {
        this(weight, groups, stride, Collections.nCopies(stride.size(), 1), Collections.nCopies(stride.size(), 0));
    }

    @Override
    public String kind() {
        return transposed ? "conv-transpose" : "conv";
    }

    @Override
    public long positions(List<Long> output) {
        return Op.afterChannels(output);
    }

    /** Of a transposed one, n · m/g · K at every position of the input, also for outputs that are left out. */
    @Override
    public long macs(List<Long> input, List<Long> output) {
        return transposed && !output.isEmpty()
                ? Math.multiplyExact(weight.elements(), positions(input))
                : Op.super.macs(input, output);
    }

    /**
     * The same movement along some of the spatial dims only, with other channels: along the rest it has one tap and moves by one. Without
     * any it is not transposed.
     *
     * @param dims which spatial dims, from 0
     * @param out output channels, over all groups
     * @param inPerGroup input channels of a group
     */
    public Convolution along(IntPredicate dims, int out, int inPerGroup) {
        return new Convolution(
                new WeightShape(out, inPerGroup, kept(weight.kernel(), dims, 1)),
                groups,
                kept(stride, dims, 1),
                kept(dilation, dims, 1),
                kept(padding, dims, 0),
                transposed && IntStream.range(0, stride.size()).anyMatch(dims));
    }

    private static List<Integer> kept(List<Integer> values, IntPredicate dims, int otherwise) {
        return IntStream.range(0, values.size())
                .mapToObj(dim -> dims.test(dim) ? values.get(dim) : otherwise)
                .toList();
    }

    /** Whether it moves along all spatial dims as another does. */
    public boolean movesLike(Convolution other) {
        return transposed == other.transposed
                && weight.kernel().equals(other.weight.kernel())
                && stride.equals(other.stride)
                && dilation.equals(other.dilation)
                && padding.equals(other.padding);
    }

    /** Whether it has more than one tap, a stride or padding along a spatial dim. */
    public boolean movesAlong(int dim) {
        return weight.kernel().get(dim) != 1 || stride.get(dim) != 1 || padding.get(dim) != 0;
    }

    /**
     * The shape between two parts of this convolution: the size of its output along the dims that were moved along, elsewhere that
     * of its input. Sizes tell more than geometry: one tap with padding behind alone moves like none.
     *
     * @param dims which spatial dims the parts so far have moved along, from 0
     * @param channels between the parts
     * @param input of the whole convolution, [N][C][spatial…]; empty if unknown
     * @param output of the whole convolution; empty if unknown
     * @return empty if either is
     */
    public List<Long> shapeAfter(IntPredicate dims, int channels, List<Long> input, List<Long> output) {
        if (input.isEmpty() || output.isEmpty()) {
            return List.of();
        }
        List<Long> shape = new ArrayList<>(input);
        shape.set(1, (long) channels);
        // Before the spatial dims there may be another that holds positions too.
        int first = input.size() - weight.kernel().size();
        for (int dim = 0; dim < weight.kernel().size(); dim++) {
            if (dims.test(dim)) {
                shape.set(first + dim, output.get(first + dim));
            }
        }
        return List.copyOf(shape);
    }

    /** Whether each group is one channel. */
    public boolean depthwise() {
        return groups > 1 && groups == weight.out() && weight.inPerGroup() == 1;
    }

    @Override
    public Convolution shrunk(int out, int in) {
        if (groups > 1 && !(depthwise() && out == in) && out + in > 0) {
            throw new InvalidInputException("A convolution of " + groups + " groups (" + weight + ") cannot have " + out
                    + " output and " + in + " input channels less.");
        }
        return new Convolution(
                new WeightShape(
                        weight.out() - out,
                        groups > 1 ? weight.inPerGroup() : weight.inPerGroup() - in,
                        weight.kernel()),
                groups > 1 ? groups - out : 1,
                stride,
                dilation,
                padding,
                transposed);
    }

    @Override
    public int channelDim(List<Long> shape) {
        return 1;
    }
}
