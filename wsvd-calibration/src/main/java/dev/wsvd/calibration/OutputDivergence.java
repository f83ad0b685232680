package dev.wsvd.calibration;

import dev.wsvd.domain.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How far one output is from the original's: KL(p ‖ q), the mean over rows, if it is [samples, classes] or [samples, positions,
 * classes] and its rows are distributions or logits, else the noise relative to the signal.
 *
 * <p>What rows are, the original's first batch tells. Distributions are at least 0 and sum to 1. Logits make a classifier that is sure
 * of itself: with p the largest probability of softmax in a row of C, the mean of (p − 1/C) / (1 − 1/C) is at least {@value #SURE}.
 * Embeddings, which softmax makes nearly uniform, and sigmoids, which all are between 0 and 1, are neither.
 */
final class OutputDivergence {
    private static final double SMALLEST = 1e-12;
    private static final double SURE = 0.25;

    private enum Rows {
        DISTRIBUTIONS,
        LOGITS,
        NUMBERS
    }

    /** What a batch adds to numerator and denominator of the divergence. */
    private record Share(double part, double of) {}

    private final List<Share> batches = new ArrayList<>();
    private Rows rows;

    void add(Tensor original, Tensor other) {
        List<Long> shape = original.shape();
        float[] given = Patches.floats(original);
        float[] found = Patches.floats(other);
        int width = Math.toIntExact(Math.max(1, shape.get(shape.size() - 1)));
        if (rows == null) {
            boolean perRow = (shape.size() == 2 || shape.size() == 3) && width > 1;
            rows = perRow ? rows(given, width) : Rows.NUMBERS;
        }
        batches.add(rows == Rows.NUMBERS ? noise(given, found) : divergence(given, found, width));
    }

    private static Rows rows(float[] values, int width) {
        boolean shares = true;
        boolean distributions = true;
        double sure = 0;
        int count = values.length / width;
        for (int from = 0; from < count * width; from += width) {
            double sum = 0;
            for (int i = from; i < from + width; i++) {
                shares &= values[i] >= 0 && values[i] <= 1;
                sum += values[i];
            }
            distributions &= Math.abs(sum - 1) < 1e-2;
            double largest = Math.exp(Arrays.stream(logarithms(values, from, width, Rows.LOGITS))
                    .max()
                    .orElse(0));
            sure += (largest * width - 1) / (width - 1) / count;
        }
        if (shares) {
            return distributions && count > 0 ? Rows.DISTRIBUTIONS : Rows.NUMBERS;
        }
        return sure >= SURE ? Rows.LOGITS : Rows.NUMBERS;
    }

    private static Share noise(float[] given, float[] found) {
        double noise = 0;
        double signal = 0;
        for (int i = 0; i < given.length; i++) {
            double difference = (double) found[i] - given[i];
            noise += difference * difference;
            signal += (double) given[i] * given[i];
        }
        return new Share(noise, signal);
    }

    private Share divergence(float[] given, float[] found, int width) {
        double sum = 0;
        int count = given.length / width;
        for (int from = 0; from < count * width; from += width) {
            double[] p = logarithms(given, from, width, rows);
            double[] q = logarithms(found, from, width, rows);
            for (int i = 0; i < width; i++) {
                sum += Math.exp(p[i]) * (p[i] - q[i]);
            }
        }
        return new Share(sum, count);
    }

    /** Logarithms of a row's probabilities. */
    private static double[] logarithms(float[] output, int from, int classes, Rows rows) {
        double[] values = new double[classes];
        double largest = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < classes; i++) {
            double value = output[from + i];
            values[i] = rows == Rows.LOGITS ? value : Math.log(Math.max(value, SMALLEST));
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
        double of = denominator();
        return of == 0 ? 0 : batches.stream().mapToDouble(Share::part).sum() / of;
    }

    /** By batch, how much it moves the value away from what the others give. */
    double[] residuals() {
        double value = value();
        double of = denominator();
        return batches.stream()
                .mapToDouble(share -> of == 0 ? 0 : (share.part - value * share.of) / of)
                .toArray();
    }

    private double denominator() {
        return batches.stream().mapToDouble(Share::of).sum();
    }
}
