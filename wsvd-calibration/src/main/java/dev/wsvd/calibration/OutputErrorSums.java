package dev.wsvd.calibration;

import dev.wsvd.domain.linalg.FloatMatrix;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/** Sums, in float64, over what a layer gives in two models, from which √(Σ‖y − y′‖² / Σ‖y − ȳ‖²) follows. */
final class OutputErrorSums {
    /** Channels of the original's that the other has, in its order. */
    private final int[] channels;

    private final int[] others;
    private final double[] shift;
    /** Each channel's first value, near enough to its mean that squares of what is left do not drown in it. */
    private final double[] pivots;

    private final double[] sums;
    private final double[] squares;
    private double noise;
    private long positions;
    private boolean comparable = true;

    /**
     * @param channels of the original's outputs, those that are compared with the other's
     * @param shift by these, what has to be added to the other's
     */
    OutputErrorSums(int[] channels, double[] shift) {
        this.channels = channels;
        this.shift = shift;
        this.others = IntStream.range(0, channels.length).toArray();
        this.pivots = new double[channels.length];
        this.sums = new double[channels.length];
        this.squares = new double[channels.length];
    }

    /** Adds a batch. */
    void add(Outputs original, Outputs other) {
        if (!original.hasPositionsOf(other)) {
            comparable = false;
            return;
        }
        int cols = original.count(Subsample.ALL);
        float[] ys = FloatMatrix.allocate(channels.length, cols);
        float[] zs = FloatMatrix.allocate(channels.length, cols);
        original.addTo(ys, channels, Subsample.ALL, 1);
        other.addTo(zs, others, Subsample.ALL, 1);
        for (int channel = 0; channel < channels.length; channel++) {
            addChannel(channel, ys, zs, channel * cols, cols);
        }
        positions += cols;
    }

    private void addChannel(int channel, float[] ys, float[] zs, int from, int count) {
        if (positions == 0 && count > 0) {
            pivots[channel] = ys[from];
        }
        for (int i = from; i < from + count; i++) {
            double y = ys[i] - pivots[channel];
            double difference = ys[i] - (zs[i] + shift[channel]);
            sums[channel] += y;
            squares[channel] += y * y;
            noise += difference * difference;
        }
    }

    /** The error; empty if the outputs have not the same positions, are constant or not finite. */
    OptionalDouble error() {
        double signal = 0;
        for (int c = 0; c < sums.length; c++) {
            signal += squares[c] - sums[c] * sums[c] / positions;
        }
        double error = Math.sqrt(noise / signal);
        return comparable && signal > 0 && Double.isFinite(error) ? OptionalDouble.of(error) : OptionalDouble.empty();
    }
}
