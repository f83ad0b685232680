package dev.wsvd.calibration;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The patches that a layer sees in a batch of its inputs: at each output position the m'·K elements under the kernel, zeros
 * where it reaches beyond the edge.
 *
 * <p>Those of a transposed convolution have zeros also at the taps for which its stride leaves no input: at a position o tap k takes the
 * input i with i · stride = o + padding − k · dilation. So what is computed of patches is exact for it too, where taps overlap or not.
 */
final class Patches {
    static final int ROWS_TOGETHER = 32;

    private final Layer layer;
    private final float[] input;
    /** [N][m][spatial…], with one position for a vector. */
    private final int samples;

    private final int[] size;
    private final int[] positions;
    private final int[] kernel;
    private final int[] stride;
    private final int[] dilation;
    private final int[] padding;
    private final boolean transposed;

    /**
     * @param outputDims the shape of what the layer gives for that input
     * @throws InvalidInputException if the tensor is not an input of the layer
     */
    Patches(Layer layer, Tensor input, List<Long> outputDims) {
        this.layer = layer;
        this.input = floats(input);
        List<Long> dims = input.shape();
        if (layer.op() instanceof Convolution conv) {
            int rank = conv.weight().kernel().size() + 2;
            require(dims.size() == rank && outputDims.size() == rank && dims.get(1) == layer.inChannels(), dims);
            this.samples = Math.toIntExact(dims.get(0));
            this.size = ints(dims.subList(2, dims.size()));
            this.kernel = conv.weight().kernel().stream().mapToInt(k -> k).toArray();
            this.stride = conv.stride().stream().mapToInt(k -> k).toArray();
            this.dilation = conv.dilation().stream().mapToInt(k -> k).toArray();
            this.padding = conv.padding().stream().mapToInt(k -> k).toArray();
            this.positions = ints(outputDims.subList(2, rank));
            this.transposed = conv.transposed();
        } else {
            require(!dims.isEmpty() && dims.get(dims.size() - 1) == layer.inChannels(), dims);
            this.samples = Math.toIntExact(input.elements() / layer.inChannels());
            this.size = new int[0];
            this.kernel = new int[0];
            this.stride = new int[0];
            this.dilation = new int[0];
            this.padding = new int[0];
            this.positions = new int[0];
            this.transposed = false;
        }
    }

    private void require(boolean fits, List<Long> dims) {
        if (!fits) {
            throw new InvalidInputException(
                    "Layer '" + layer.id() + "' (" + layer.weight() + ") sees inputs of shape " + dims + ".");
        }
    }

    /** Number of patches: samples times positions. */
    int count() {
        return samples * product(positions);
    }

    /**
     * Some patches of a group.
     *
     * @return m'·K × patches
     */
    FloatMatrix of(int group, Subsample some) {
        int channels = layer.weight().inPerGroup();
        int taps = product(kernel);
        int area = product(size);
        int cols = some.of(count());
        float[] data = FloatMatrix.allocate(channels * taps, cols);
        int[] at = new int[cols];
        for (int tap = 0; tap < taps; tap++) {
            at(tap, some, at);
            for (int from = 0; from < cols; from += together()) {
                int to = Math.min(cols, from + together());
                for (int c = 0; c < channels; c++) {
                    int row = (c * taps + tap) * cols;
                    int channel = (group * channels + c) * area;
                    for (int col = from; col < to; col++) {
                        data[row + col] = at[col] < 0 ? 0 : input[channel + at[col]];
                    }
                }
            }
        }
        return new FloatMatrix(channels * taps, cols, data);
    }

    /** Patches whose elements are copied together: few where channels come last, so that they are still in the cache at the next channel. */
    private int together() {
        return kernel.length == 0 ? ROWS_TOGETHER : Integer.MAX_VALUE / 2;
    }

    /** Adds the sum over some patches of a group, m'·K, to sums. */
    void addSums(int group, Subsample some, double[] sums) {
        int channels = layer.weight().inPerGroup();
        int taps = product(kernel);
        int area = product(size);
        int[] at = new int[some.of(count())];
        if (kernel.length == 0) {
            at(0, some, at);
            for (int patch : at) {
                for (int c = 0; c < channels; c++) {
                    sums[c] += input[patch + c];
                }
            }
            return;
        }
        for (int tap = 0; tap < taps; tap++) {
            at(tap, some, at);
            for (int c = 0; c < channels; c++) {
                int channel = (group * channels + c) * area;
                double sum = 0;
                for (int inside : at) {
                    sum += inside < 0 ? 0 : input[channel + inside];
                }
                sums[c * taps + tap] += sum;
            }
        }
    }

    /** Where each patch has a tap, in the first channel of its sample; negative beyond the edge. */
    private void at(int tap, Subsample some, int[] at) {
        int perSample = product(positions);
        int sampleSize = layer.inChannels() * product(size);
        int[] under = new int[perSample];
        for (int position = 0; position < perSample; position++) {
            under[position] = inside(position, tap);
        }
        for (int col = 0, patch = some.first(); col < at.length; col++, patch += some.step()) {
            int inside = under[patch % perSample];
            at[col] = inside < 0 ? inside : patch / perSample * sampleSize + inside;
        }
    }

    /** The input position under a tap of the kernel at an output position; negative beyond the edge. */
    private int inside(int position, int tap) {
        int at = 0;
        int scale = 1;
        for (int d = kernel.length - 1; d >= 0; d--) {
            int x = under(d, position % positions[d], tap % kernel[d] * dilation[d]);
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

    /** Along one dim, of a tap that far from the first; negative, or the size or more, where there is none. */
    private int under(int dim, int position, int offset) {
        if (!transposed) {
            return position * stride[dim] + offset - padding[dim];
        }
        int spread = position + padding[dim] - offset;
        return spread % stride[dim] == 0 ? spread / stride[dim] : -1;
    }

    static float[] floats(Tensor tensor) {
        float[] values = new float[Math.toIntExact(tensor.elements())];
        if (tensor.type() == ElementType.FLOAT32) {
            FloatBuffer buffer = tensor.data().asFloatBuffer();
            buffer.get(values);
            return values;
        }
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) tensor.getDouble(i);
        }
        return values;
    }

    private static int[] ints(List<Long> dims) {
        List<Integer> found = new ArrayList<>();
        dims.forEach(d -> found.add(Math.toIntExact(d)));
        return found.stream().mapToInt(i -> i).toArray();
    }

    private static int product(int[] dims) {
        int product = 1;
        for (int d : dims) {
            product = Math.multiplyExact(product, d);
        }
        return product;
    }
}
