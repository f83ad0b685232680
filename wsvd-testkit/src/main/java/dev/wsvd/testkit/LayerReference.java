package dev.wsvd.testkit;

import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a layer gives, computed in plain loops from what the format says of it: W x by its weight, groups, stride, padding,
 * dilation and whether it is transposed, for an input x that the format's engine saw.
 */
final class LayerReference {
    private final Layer layer;
    private final float[] weight;
    private final int[] size;
    private final int[] positions;
    private final int[] kernel;
    private final int[] stride;
    private final int[] dilation;
    private final int[] padding;
    private final boolean transposed;

    /**
     * @param seen [N][m][spatial…], [N]…[m] for a Linear layer, or [N]… of indices for an embedding
     * @param given the shape of what the layer gives for it
     */
    private LayerReference(Layer layer, float[] weight, List<Long> seen, List<Long> given) {
        this.layer = layer;
        this.weight = weight;
        this.kernel = ints(layer.weight().kernel());
        if (layer.op() instanceof Convolution conv) {
            this.size = ints(seen.subList(2, seen.size()));
            this.positions = ints(given.subList(2, given.size()));
            this.stride = ints(conv.stride());
            this.dilation = ints(conv.dilation());
            this.padding = ints(conv.padding());
            this.transposed = conv.transposed();
        } else {
            this.size = new int[0];
            this.positions = new int[0];
            this.stride = new int[0];
            this.dilation = new int[0];
            this.padding = new int[0];
            this.transposed = false;
        }
    }

    /** W x, in the order of the layer's output. */
    static double[] product(Layer layer, float[] weight, Tensor seen, List<Long> given) {
        return layer.op() instanceof Lookup
                ? rows(layer, weight, seen)
                : new LayerReference(layer, weight, seen.shape(), given).product(seen);
    }

    /** A column of W for each index. */
    private static double[] rows(Layer layer, float[] weight, Tensor indices) {
        int out = layer.outChannels();
        double[] y = new double[(int) indices.elements() * out];
        for (int i = 0; i < y.length; i++) {
            y[i] = weight[i % out * layer.inChannels() + (int) indices.getDouble(i / out)];
        }
        return y;
    }

    /** The output channel of an element of what a layer gives. */
    static int channel(Layer layer, List<Long> given, int element) {
        int inner = layer.op() instanceof Convolution
                ? (int) given.stream().skip(2).mapToLong(d -> d).reduce(1, (a, b) -> a * b)
                : 1;
        return element / inner % layer.outChannels();
    }

    private double[] product(Tensor seen) {
        int in = layer.inChannels();
        int out = layer.outChannels();
        int area = product(size);
        int inner = product(positions);
        int samples = (int) seen.elements() / (in * area);
        double[] y = new double[samples * out * inner];
        for (int i = 0; i < y.length; i++) {
            y[i] = element(seen, i / (out * inner) * in * area, i / inner % out, i % inner);
        }
        return y;
    }

    private double element(Tensor seen, int sample, int channel, int position) {
        int inPerGroup = layer.weight().inPerGroup();
        int first = channel / (layer.outChannels() / layer.groups()) * inPerGroup;
        int taps = product(kernel);
        double sum = 0;
        for (int tap = 0; tap < taps; tap++) {
            int at = under(position, tap);
            for (int i = 0; at >= 0 && i < inPerGroup; i++) {
                double x = seen.getDouble(sample + (first + i) * product(size) + at);
                sum += weight[(channel * inPerGroup + i) * taps + tap] * x;
            }
        }
        return sum;
    }

    /** The input position under a tap at an output position; negative beyond the edge. */
    private int under(int position, int tap) {
        int at = 0;
        int scale = 1;
        for (int d = kernel.length - 1; d >= 0; d--) {
            int x = along(d, position % positions[d], tap % kernel[d] * dilation[d]);
            if (x < 0 || x >= size[d]) {
                return -1;
            }
            at += x * scale;
            scale *= size[d];
            position /= positions[d];
            tap /= kernel[d];
        }
        return at;
    }

    /** A transposed one gives what it makes of input i from i · stride − padding on, as far apart as the taps. */
    private int along(int dim, int position, int offset) {
        if (!transposed) {
            return position * stride[dim] + offset - padding[dim];
        }
        return IntStream.range(0, size[dim])
                .filter(i -> i * stride[dim] - padding[dim] + offset == position)
                .findFirst()
                .orElse(-1);
    }

    private static int[] ints(List<? extends Number> numbers) {
        return numbers.stream().mapToInt(Number::intValue).toArray();
    }

    private static int product(int[] dims) {
        return Arrays.stream(dims).reduce(1, (a, b) -> a * b);
    }
}
