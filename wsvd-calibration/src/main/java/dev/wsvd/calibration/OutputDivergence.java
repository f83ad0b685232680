package dev.wsvd.calibration;

import dev.wsvd.domain.tensor.Tensor;
import java.util.List;

/**
 * How far one output is from the original's: KL(p ‖ q), the mean over samples, if it is [samples, classes], else the noise
 * relative to the signal. Rows that are no distributions in the original are taken as logits.
 */
final class OutputDivergence {
    private static final double SMALLEST = 1e-12;

    private double sum;
    private double signal;
    private long samples;
    private boolean distributions;
    /** Decided by the original's first row, for both. */
    private Boolean logits;

    void add(Tensor original, Tensor other) {
        List<Long> shape = original.shape();
        distributions = shape.size() == 2 && shape.get(1) > 1;
        int rows = Math.toIntExact(shape.get(0));
        int width = rows == 0 ? 0 : Math.toIntExact(original.elements() / rows);
        if (logits == null && distributions && rows > 0) {
            logits = !isDistribution(original, width);
        }
        for (int i = 0; i < rows; i++) {
            if (distributions) {
                addDivergence(logarithms(original, i, width), logarithms(other, i, width));
            } else {
                addNoise(original, other, i * width, (i + 1) * width);
            }
        }
        samples += rows;
    }

    private void addDivergence(double[] p, double[] q) {
        for (int i = 0; i < p.length; i++) {
            sum += Math.exp(p[i]) * (p[i] - q[i]);
        }
    }

    private void addNoise(Tensor original, Tensor other, int from, int to) {
        for (int i = from; i < to; i++) {
            double y = original.getDouble(i);
            double difference = other.getDouble(i) - y;
            sum += difference * difference;
            signal += y * y;
        }
    }

    private static boolean isDistribution(Tensor tensor, int classes) {
        double total = 0;
        for (int i = 0; i < classes; i++) {
            double value = tensor.getDouble(i);
            if (value < 0) {
                return false;
            }
            total += value;
        }
        return Math.abs(total - 1) < 1e-2;
    }

    private double[] logarithms(Tensor tensor, int row, int classes) {
        double[] values = new double[classes];
        double largest = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < classes; i++) {
            double value = tensor.getDouble(row * classes + i);
            values[i] = logits ? value : Math.log(Math.max(value, SMALLEST));
            largest = Math.max(largest, values[i]);
        }
        double exponentials = 0;
        for (double value : values) {
            exponentials += Math.exp(value - largest);
        }
        for (int i = 0; i < classes; i++) {
            values[i] -= largest + Math.log(exponentials);
        }
        return values;
    }

    double value() {
        return distributions ? sum / Math.max(1, samples) : signal == 0 ? 0 : sum / signal;
    }
}
