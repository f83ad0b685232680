package dev.wsvd.domain.layer;

import java.util.List;

/**
 * What a layer computes, by geometry alone: nothing here knows a format or a value.
 *
 * <p>Every op multiplies by a weight W, so one factorization and one rewriting serve them all. A new kind of layer is a new op.
 */
public sealed interface Op permits Affine, Convolution, Lookup {
    /** What users call it: {@code conv}, {@code conv-transpose}, {@code linear}, {@code embedding}. */
    String kind();

    /** Shape of W[n][m/g][k…]. */
    WeightShape weight();

    /** g, the number of groups; 1 but for grouped convolutions. */
    default int groups() {
        return 1;
    }

    /**
     * Number of positions per sample in what the op gives.
     *
     * @param output shape, batch first; empty if unknown
     * @return 0 if unknown
     */
    long positions(List<Long> output);

    /**
     * Multiply-accumulates per sample: n · m/g · K at every position of the output.
     *
     * @param input shape, batch first; empty if unknown
     * @param output shape, batch first; empty if unknown
     * @return 0 if unknown
     * @throws ArithmeticException if it does not fit in 63 bits
     */
    default long macs(List<Long> input, List<Long> output) {
        return Math.multiplyExact(weight().elements(), positions(output));
    }

    /**
     * The same with fewer channels.
     *
     * @param out how many output channels go
     * @param in how many input channels go, over all groups; of a depthwise convolution as many as output channels
     * @throws dev.wsvd.domain.error.InvalidInputException if it has not as many, or has groups that would differ
     */
    Op shrunk(int out, int in);

    /** Which dim of an input or output shape counts its channels. */
    int channelDim(List<Long> shape);

    /** The product of dims[from … to), 1 for an empty range, 0 for an unknown (empty) shape. */
    private static long product(List<Long> dims, int from, int to) {
        if (dims.isEmpty()) {
            return 0;
        }
        long product = 1;
        for (int i = from; i < to; i++) {
            product = Math.multiplyExact(product, dims.get(i));
        }
        return product;
    }

    /** Positions of [N][positions…][features]. */
    static long beforeFeatures(List<Long> shape) {
        return product(shape, 1, shape.size() - 1);
    }

    /** Positions of [N][channels][positions…]. */
    static long afterChannels(List<Long> shape) {
        return product(shape, 2, shape.size());
    }
}
