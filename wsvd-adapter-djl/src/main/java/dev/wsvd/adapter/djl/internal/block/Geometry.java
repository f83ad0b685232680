package dev.wsvd.adapter.djl.internal.block;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.convolutional.Conv1d;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.convolutional.Conv3d;
import ai.djl.nn.convolutional.Convolution;
import ai.djl.nn.convolutional.Convolution.ConvolutionBuilder;
import dev.wsvd.json.StageShape;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** Everything about a convolution but its weights; dims are 1 to 3, one entry of each shape per dim. */
record Geometry(Shape kernel, Shape stride, Shape padding, Shape dilation, int filters, int groups, boolean bias) {
    /** Of the input [N][C][spatial…]. */
    static final int FIRST_AXIS = 2;

    static Geometry of(Convolution block) {
        return new Geometry(
                block.getKernelShape(),
                block.getStride(),
                block.getPadding(),
                block.getDilation(),
                block.getFilters(),
                block.getGroups(),
                block.isIncludeBias());
    }

    /** A part of it: along the part's axes the same, at the others one tap, moved by one. */
    Geometry part(StageShape part, boolean newBias) {
        IntPredicate kept = dim -> part.axes().contains(FIRST_AXIS + dim);
        return new Geometry(
                kept(kernel, kept, 1),
                kept(stride, kept, 1),
                kept(padding, kept, 0),
                kept(dilation, kept, 1),
                part.out(),
                part.groups(),
                newBias);
    }

    /** Axes of the input along which it has more than one tap, a stride or padding. */
    List<Integer> axes() {
        return IntStream.range(0, kernel.dimension())
                .filter(dim -> kernel.get(dim) != 1 || stride.get(dim) != 1 || padding.get(dim) != 0)
                .mapToObj(dim -> FIRST_AXIS + dim)
                .toList();
    }

    private static Shape kept(Shape shape, IntPredicate kept, long otherwise) {
        return new Shape(IntStream.range(0, shape.dimension())
                .mapToLong(dim -> kept.test(dim) ? shape.get(dim) : otherwise)
                .toArray());
    }

    /** The same with a bias or without. */
    Geometry withBias(boolean newBias) {
        return new Geometry(kernel, stride, padding, dilation, filters, groups, newBias);
    }

    /** The same with other output channels; in groups, with one for each. */
    Geometry sized(int out, boolean newBias) {
        return new Geometry(
                kernel, stride, padding, dilation, out, groups == 1 || out == filters ? groups : out, newBias);
    }

    /** A new block, without weights. */
    Convolution block() {
        return switch (kernel.dimension()) {
            case 1 -> fill(Conv1d.builder()).build();
            case 2 -> fill(Conv2d.builder()).build();
            default -> fill(Conv3d.builder()).build();
        };
    }

    /** A block of this geometry computed by others; in two dims a {@code Conv2d}. */
    Staged staged(List<Block> stages) {
        return switch (kernel.dimension()) {
            case 1 -> new StagedConvolution(fill(Conv1d.builder()), stages);
            case 2 -> new StagedConv2d(fill(Conv2d.builder()), stages);
            default -> new StagedConvolution(fill(Conv3d.builder()), stages);
        };
    }

    private <B extends ConvolutionBuilder<B>> B fill(B builder) {
        builder.setKernelShape(kernel)
                .setFilters(filters)
                .optStride(stride)
                .optPadding(padding)
                .optDilation(dilation)
                .optGroups(groups)
                .optBias(bias);
        return builder;
    }
}
