package dev.wsvd.quantization;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.tensor.Tensor;
import java.util.List;

/** The float32 numbers of a tensor, channel by channel. */
final class ChannelRuns {
    /** Numbers of one channel that stand one behind the other. */
    @FunctionalInterface
    interface Visitor {
        void visit(int channel, float[] values, int from, int to);
    }

    private ChannelRuns() {}

    /** All numbers, in order. */
    static float[] floats(Tensor tensor) {
        if (!tensor.type().floating() || tensor.type().bytes() != Float.BYTES) {
            throw new InvalidInputException("Activations of type " + tensor.type() + " are not quantised.");
        }
        float[] values = new float[Math.toIntExact(tensor.elements())];
        tensor.data().asFloatBuffer().get(values);
        return values;
    }

    /** The dim of what a layer sees or gives that counts channels; −1 for the last. */
    static int dim(Layer layer) {
        return layer.op() instanceof Convolution ? 1 : -1;
    }

    /** How many channels there are. */
    static int channels(Tensor tensor, int dim) {
        List<Long> shape = tensor.shape();
        return Math.toIntExact(shape.get(dim < 0 ? shape.size() - 1 : dim));
    }

    static void forEach(Tensor tensor, int dim, Visitor visitor) {
        List<Long> shape = tensor.shape();
        int axis = dim < 0 ? shape.size() - 1 : dim;
        int channels = channels(tensor, dim);
        int run = Math.toIntExact(shape.subList(axis + 1, shape.size()).stream().reduce(1L, (a, b) -> a * b));
        float[] values = floats(tensor);
        int channel = 0;
        for (int from = 0; from < values.length; from += run) {
            visitor.visit(channel, values, from, from + run);
            channel = channel + 1 == channels ? 0 : channel + 1;
        }
    }
}
