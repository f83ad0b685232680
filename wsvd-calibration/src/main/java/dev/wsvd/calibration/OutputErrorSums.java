package dev.wsvd.calibration;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.tensor.Tensor;
import java.util.OptionalDouble;

/** Sums, in float64, over what a layer gives in two models, from which √(Σ‖y − y′‖² / Σ‖y − ȳ‖²) follows. */
final class OutputErrorSums {
    private final Layer layer;
    /** Each channel's first value, near enough to its mean that squares of what is left do not drown in it. */
    private final double[] pivots;

    private final double[] sums;
    private final double[] squares;
    private double noise;
    private long positions;
    private boolean comparable = true;

    OutputErrorSums(Layer layer) {
        this.layer = layer;
        this.pivots = new double[layer.outChannels()];
        this.sums = new double[layer.outChannels()];
        this.squares = new double[layer.outChannels()];
    }

    Layer layer() {
        return layer;
    }

    /** Adds a batch. */
    void add(Tensor original, Tensor other) {
        if (!original.shape().equals(other.shape())) {
            comparable = false;
            return;
        }
        Outputs y = new Outputs(layer, original);
        Outputs z = new Outputs(layer, other);
        int cols = 0;
        for (int g = 0; g < layer.groups(); g++) {
            FloatMatrix ys = y.of(g, Subsample.ALL);
            FloatMatrix zs = z.of(g, Subsample.ALL);
            cols = ys.cols();
            for (int row = 0; row < ys.rows(); row++) {
                addChannel(g * ys.rows() + row, ys.data(), zs.data(), row * cols, cols);
            }
        }
        positions += cols;
    }

    private void addChannel(int channel, float[] ys, float[] zs, int from, int count) {
        if (positions == 0 && count > 0) {
            pivots[channel] = ys[from];
        }
        for (int i = from; i < from + count; i++) {
            double y = ys[i] - pivots[channel];
            double difference = (double) ys[i] - zs[i];
            sums[channel] += y;
            squares[channel] += y * y;
            noise += difference * difference;
        }
    }

    /** The error; empty if the outputs have not the same shape, are constant or not finite. */
    OptionalDouble error() {
        double signal = 0;
        for (int c = 0; c < sums.length; c++) {
            signal += squares[c] - sums[c] * sums[c] / positions;
        }
        double error = Math.sqrt(noise / signal);
        return comparable && signal > 0 && Double.isFinite(error) ? OptionalDouble.of(error) : OptionalDouble.empty();
    }
}
