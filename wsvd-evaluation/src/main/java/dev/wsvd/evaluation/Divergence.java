package dev.wsvd.evaluation;

import dev.wsvd.domain.tensor.Tensor;
import java.util.List;

/**
 * How far one output is from the original's: KL(p ‖ q), the mean over samples, if it is [samples, classes], else the noise
 * relative to the signal. Rows that are no distributions are taken as logits.
 */
final class Divergence {
    private static final double SMALLEST = 1e-12;

    private double sum;
    private double signal;
    private long samples;
    private boolean distributions;

    void add(Tensor original, Tensor other) {
        List<Long> shape = original.shape();
        distributions = shape.size() == 2 && shape.get(1) > 1;
        int rows = Math.toIntExact(shape.get(0));
        int width = rows == 0 ? 0 : Math.toIntExact(original.elements() / rows);
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

    private static double[] logarithms(Tensor tensor, int row, int classes) {
        double[] values = new double[classes];
        double total = 0;
        double largest = Double.NEGATIVE_INFINITY;
        boolean positive = true;
        for (int i = 0; i < classes; i++) {
            values[i] = tensor.getDouble(row * classes + i);
            total += values[i];
            largest = Math.max(largest, values[i]);
            positive &= values[i] >= 0;
        }
        if (positive && Math.abs(total - 1) < 1e-3) {
            for (int i = 0; i < classes; i++) {
                values[i] = Math.log(Math.max(values[i], SMALLEST));
            }
            return values;
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
