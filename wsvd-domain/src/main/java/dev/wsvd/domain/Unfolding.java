package dev.wsvd.domain;

import dev.wsvd.domain.error.InvalidInputException;
import java.util.Arrays;
import java.util.stream.Collectors;

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
 * </table>
 */
public enum Unfolding {
    /** Weight SVD as in AIMET. */
    INPUT_CHANNEL("input-channel"),
    /** The filters share a basis of r kernels. */
    OUTPUT_CHANNEL("output-channel");

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

    /**
     * J, how many taps of the kernel the second layer keeps. A group's part of the input under the kernel, its patch, has the
     * element (d, j) at d·J + j, with d = 0 … {@link #projected} − 1; the first layer computes r values from the D elements of
     * each tap, with the same weights for every tap.
     */
    public int taps(Layer layer) {
        return this == INPUT_CHANNEL ? layer.weight().kernelSize() : 1;
    }

    /** D, how many elements of the patch the first layer takes together: m'·K / J. */
    public int projected(Layer layer) {
        return Math.multiplyExact(layer.weight().inPerGroup(), layer.weight().kernelSize() / taps(layer));
    }

    /** The largest rank a group's matrix, D × n'·J, can have: the shorter of its two sides. */
    public int maxRank(Layer layer) {
        long out = layer.weight().out() / layer.groups();
        return (int) Math.min(projected(layer), out * taps(layer));
    }

    @Override
    public String toString() {
        return id;
    }
}
