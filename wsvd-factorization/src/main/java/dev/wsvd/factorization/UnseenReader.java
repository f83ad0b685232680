package dev.wsvd.factorization;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.plan.Stage;
import java.util.Arrays;

/** A reader of whose inputs nothing is known: its remaining weights stay, and what it misses is the weights that go. */
final class UnseenReader implements ReaderFit {
    private final Layer layer;
    private final ReadChannels channels;
    private final float[] weights;
    private final int[] inOrder;
    /** Squares of the weights that go, by how many channels stay. */
    private final double[] missing;

    private final double energy;

    /** @param order of the units */
    UnseenReader(ReadChannels channels, float[] weights, int[] order) {
        this.layer = channels.layer();
        this.channels = channels;
        this.weights = weights;
        this.inOrder = channels.inOrder(order);
        double[] squares = squares(layer.weight(), weights);
        this.missing = new double[inOrder.length + 1];
        for (int i = inOrder.length - 1; i >= 0; i--) {
            missing[i] = missing[i + 1] + squares[inOrder[i]];
        }
        this.energy = missing[0];
    }

    /** Squares of weights by input channel, of one group. */
    static double[] squares(WeightShape shape, float[] weights) {
        int taps = shape.kernelSize();
        int channels = shape.inPerGroup();
        double[] squares = new double[channels];
        for (int i = 0; i < weights.length; i++) {
            squares[i / taps % channels] += (double) weights[i] * weights[i];
        }
        return squares;
    }

    @Override
    public double missing(int units) {
        return energy == 0 ? 0 : missing[channels.count(units)] / energy;
    }

    @Override
    public Stage stage(int units) {
        int count = channels.count(units);
        int[] remaining = Arrays.copyOf(inOrder, count);
        Arrays.sort(remaining);
        int taps = layer.weight().kernelSize();
        float[] kept = new float[layer.outChannels() * count * taps];
        for (int o = 0; o < layer.outChannels(); o++) {
            for (int i = 0; i < count; i++) {
                System.arraycopy(
                        weights, (o * inOrder.length + remaining[i]) * taps, kept, (o * count + i) * taps, taps);
            }
        }
        Op op = layer.op().shrunk(0, inOrder.length - count);
        return new Stage(op, kept);
    }
}
