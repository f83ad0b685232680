package dev.wsvd.factorization;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.plan.Choice;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How a weight W[n][m/g][k…] becomes the matrix that is factored; for a grouped Conv one matrix per group.
 *
 * <p>With n' = n/g, m' = m/g and K the product of the kernel dims, the two stages that replace the layer are:
 *
 * <table>
 * <caption>unfoldings at rank r (per group)</caption>
 * <tr><th>id</th><th>matrix</th><th>first stage</th><th>second stage</th></tr>
 * <tr><td>input-channel</td><td>m' × (n'·K)</td><td>m→g·r, 1×1, stride 1</td>
 *     <td>g·r→n, kernel k, the original stride, padding, dilation and bias</td></tr>
 * <tr><td>output-channel</td><td>n' × (m'·K)</td><td>m→g·r, kernel k, the original stride, padding and dilation</td>
 *     <td>g·r→n, 1×1, bias</td></tr>
 * <tr><td>spatial</td><td>(m'·h) × (n'·w)</td><td>m→g·r, h×1, the original stride, padding and dilation of the rows</td>
 *     <td>g·r→n, 1×w, those of the columns, bias</td></tr>
 * </table>
 *
 * <p>The spatial unfolding is for kernels of two dims, h×w, both above 1.
 */
enum Unfolding {
    /** Weight SVD as in AIMET. */
    INPUT_CHANNEL("input-channel"),
    /** The filters share a basis of r kernels. */
    OUTPUT_CHANNEL("output-channel"),
    /** Spatial SVD as in AIMET. */
    SPATIAL("spatial");

    private final String id;

    Unfolding(String id) {
        this.id = id;
    }

    /** The form's name in files and on the command line. */
    String id() {
        return id;
    }

    /** Whether layers of this op can be unfolded so. */
    boolean appliesTo(Layer layer) {
        List<Integer> kernel = layer.weight().kernel();
        boolean product = layer.op() instanceof Affine || layer.op() instanceof Convolution;
        return product
                && (this != SPATIAL || kernel.size() == 2 && kernel.stream().allMatch(k -> k > 1));
    }

    /** Whether the first stage has this dim of the kernel, and moves along it as the original did; else the second has. */
    private boolean inFirst(int kernelDim) {
        return this == OUTPUT_CHANNEL || (this == SPATIAL && kernelDim == 0);
    }

    /** Geometry of the first stage at a rank: [g·r][m/g][k…] with the dims of the kernel that it has, elsewhere 1. */
    Op first(Layer layer, int rank) {
        int out = Math.multiplyExact(layer.groups(), rank);
        int in = layer.weight().inPerGroup();
        return layer.op() instanceof Convolution conv ? conv.along(this::inFirst, out, in) : Affine.of(out, in);
    }

    /** Geometry of the second stage at a rank: [n][r][k…] with the dims of the kernel that the first has not, elsewhere 1. */
    Op second(Layer layer, int rank) {
        return layer.op() instanceof Convolution conv
                ? conv.along(dim -> !inFirst(dim), layer.outChannels(), rank)
                : Affine.of(layer.outChannels(), rank);
    }

    /** The shape between the stages at a rank; empty if the layer's input or output is unknown. */
    List<Long> between(Layer layer, int rank) {
        int channels = Math.multiplyExact(layer.groups(), rank);
        if (layer.op() instanceof Convolution conv) {
            return conv.shapeAfter(this::inFirst, channels, layer.inputShape(), layer.outputShape());
        }
        if (layer.inputShape().isEmpty() || layer.outputShape().isEmpty()) {
            return List.of();
        }
        List<Long> shape = new ArrayList<>(layer.outputShape());
        shape.set(shape.size() - 1, (long) channels);
        return List.copyOf(shape);
    }

    /**
     * J, how many taps of the kernel the second stage keeps. A group's part of the input under the kernel, its patch, has the
     * element (d, j) at d·J + j, with d = 0 … {@link #projected} − 1; the first stage computes r values from the D elements of
     * each tap, with the same weights for every tap.
     */
    int taps(Layer layer) {
        return kernelSize(layer, false);
    }

    /** D, how many elements of the patch the first stage takes together: m'·K / J. */
    int projected(Layer layer) {
        return Math.multiplyExact(layer.weight().inPerGroup(), kernelSize(layer, true));
    }

    private int kernelSize(Layer layer, boolean first) {
        List<Integer> kernel = layer.weight().kernel();
        return IntStream.range(0, kernel.size())
                .filter(dim -> inFirst(dim) == first)
                .map(kernel::get)
                .reduce(1, Math::multiplyExact);
    }

    /** The largest rank a group's matrix, D × n'·J, can have: the shorter of its two sides; 0 if the unfolding does not apply. */
    int maxRank(Layer layer) {
        if (!appliesTo(layer)) {
            return 0;
        }
        long out = layer.weight().out() / layer.groups();
        return (int) Math.min(projected(layer), out * taps(layer));
    }

    /**
     * The rank of a choice of this unfolding.
     *
     * @throws InvalidInputException if the layer does not have it; the message says which it has
     */
    int requireRank(Layer layer, Choice choice) {
        int largest = maxRank(layer);
        if (!appliesTo(layer)) {
            throw new InvalidInputException("Layer '" + layer.id() + "' (" + layer.weight() + ") has no " + this
                    + " unfolding, which is for "
                    + (this == SPATIAL
                            ? "two-dimensional kernels of more than one row and column."
                            : "convolutions and matrix products."));
        }
        if (!choice.isWithin(Choice.of(id, largest))) {
            throw new InvalidInputException("Layer '" + layer.id() + "' (" + layer.weight() + ") has no "
                    + choice.ranks() + " with the " + this + " unfolding; allowed: 1 … " + largest + ".");
        }
        return choice.rank();
    }

    @Override
    public String toString() {
        return id;
    }
}
