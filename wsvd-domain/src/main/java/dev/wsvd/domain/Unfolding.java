package dev.wsvd.domain;

import dev.wsvd.domain.error.InvalidInputException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * How a weight W[n][m/g][k…] becomes the matrix that is factored; for a grouped Conv one matrix per group.
 *
 * <p>With n' = n/g, m' = m/g and K the product of the kernel dims, the two layers that replace the original are:
 *
 * <table>
 * <caption>unfoldings at rank r (per group)</caption>
 * <tr><th>id</th><th>matrix</th><th>first layer</th><th>second layer</th></tr>
 * <tr><td>input-channel</td><td>m' × (n'·K)</td><td>m→g·r, 1×1, stride 1</td>
 *     <td>g·r→n, kernel k, the original stride, padding, dilation and bias</td></tr>
 * <tr><td>output-channel</td><td>n' × (m'·K)</td><td>m→g·r, kernel k, the original stride, padding and dilation</td>
 *     <td>g·r→n, 1×1, bias</td></tr>
 * <tr><td>spatial</td><td>(m'·h) × (n'·w)</td><td>m→g·r, h×1, the original stride, padding and dilation of the rows</td>
 *     <td>g·r→n, 1×w, those of the columns, bias</td></tr>
 * </table>
 *
 * <p>A first layer has no bias. The spatial unfolding is for kernels of two dims, h×w, both above 1.
 */
public enum Unfolding {
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

    /** The name in files and on the command line. */
    public String id() {
        return id;
    }

    /**
     * The unfolding of that id.
     *
     * @throws InvalidInputException if there is none
     */
    public static Unfolding of(String id) {
        return Arrays.stream(values())
                .filter(u -> u.id.equals(id))
                .findFirst()
                .orElseThrow(() -> new InvalidInputException("Unknown unfolding '" + id + "'; allowed: "
                        + Arrays.stream(values()).map(Unfolding::id).collect(Collectors.joining(", ")) + "."));
    }

    /** Whether layers of this kernel can be unfolded so. */
    public boolean appliesTo(Layer layer) {
        return this != SPATIAL
                || (layer.weight().kernel().size() == 2
                        && layer.weight().kernel().stream().allMatch(k -> k > 1));
    }

    /** Whether the first layer has this dim of the kernel, and moves along it as the original did; else the second has. */
    public boolean inFirst(int kernelDim) {
        return this == OUTPUT_CHANNEL || (this == SPATIAL && kernelDim == 0);
    }

    /** Kernel dims of the first layer: as many as the original has, 1 where the second has them. */
    public List<Integer> firstKernel(Layer layer) {
        return kernel(layer, true);
    }

    /** Kernel dims of the second layer: as many as the original has, 1 where the first has them. */
    public List<Integer> secondKernel(Layer layer) {
        return kernel(layer, false);
    }

    private List<Integer> kernel(Layer layer, boolean first) {
        List<Integer> kernel = layer.weight().kernel();
        return IntStream.range(0, kernel.size())
                .mapToObj(dim -> inFirst(dim) == first ? kernel.get(dim) : 1)
                .toList();
    }

    /**
     * J, how many taps of the kernel the second layer keeps. A group's part of the input under the kernel, its patch, has the
     * element (d, j) at d·J + j, with d = 0 … {@link #projected} − 1; the first layer computes r values from the D elements of
     * each tap, with the same weights for every tap.
     */
    public int taps(Layer layer) {
        return product(secondKernel(layer));
    }

    /** D, how many elements of the patch the first layer takes together: m'·K / J. */
    public int projected(Layer layer) {
        return Math.multiplyExact(layer.weight().inPerGroup(), product(firstKernel(layer)));
    }

    private static int product(List<Integer> kernel) {
        return kernel.stream().reduce(1, Math::multiplyExact);
    }

    /** Number of positions per sample between the two layers; 0 when the layer's input or output shape is unknown. */
    public long positionsBetween(Layer layer) {
        return switch (this) {
            case INPUT_CHANNEL -> layer.inputPositions();
            case OUTPUT_CHANNEL -> layer.outputPositions();
            case SPATIAL ->
                layer.inputShape().isEmpty() || layer.outputShape().isEmpty()
                        ? 0
                        : Math.multiplyExact(
                                layer.outputShape().get(2), layer.inputShape().get(3));
        };
    }

    /** The largest rank a group's matrix, D × n'·J, can have: the shorter of its two sides; 0 if the unfolding does not apply. */
    public int maxRank(Layer layer) {
        if (!appliesTo(layer)) {
            return 0;
        }
        long out = layer.weight().out() / layer.groups();
        return (int) Math.min(projected(layer), out * taps(layer));
    }

    /**
     * Checks that a layer has a rank.
     *
     * @throws InvalidInputException if not; the message says which it has
     */
    public void requireRank(Layer layer, int rank) {
        int largest = maxRank(layer);
        if (!appliesTo(layer)) {
            throw new InvalidInputException("Layer '" + layer.id() + "' (" + layer.weight() + ") has no " + this
                    + " unfolding, which is for two-dimensional kernels of more than one row and column.");
        }
        if (rank < 1 || rank > largest) {
            throw new InvalidInputException("Layer '" + layer.id() + "' (" + layer.weight() + ") has no rank " + rank
                    + " with the " + this + " unfolding; allowed: 1 … " + largest + ".");
        }
    }

    @Override
    public String toString() {
        return id;
    }
}
